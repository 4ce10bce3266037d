import { setTimeout as wait } from 'node:timers/promises';
import { threeDigits } from './page/three-digits.ts';
import { deployedAt } from './relay/as-deployed.ts';
import { Crowd } from './relay/crowd.ts';
import { answer, start, type Usage, usage } from './relay/processes.ts';
import { openStation } from './relay/station.ts';
import { storm, stormFigures } from './relay/storm.ts';
import type { BenchResult } from './result.ts';
import { USUAL_HOSTS } from './settings.ts';

/** HELIOGRAPH_BENCH_HOSTS=10000 for the figures that count; one certificate each is made first, which takes a while. */
const HOSTS = Number(process.env.HELIOGRAPH_BENCH_HOSTS ?? USUAL_HOSTS['relay-connections']);
const AT_ONCE = 50;
/** One frame a host in this time while the storm goes on, ms. */
const FRAME_EVERY_MS = 10_000;

/**
 * What a connection costs a relay: memory, and CPU of a full and of a resumed handshake. Then a storm: the relay is killed
 * and started again, and everybody comes back by himself, as collectors do. Hosts are another process and not counted.
 */
export async function run(): Promise<BenchResult[]> {
  const { ca, config, close } = await openStation(HOSTS);
  let relay = start('relay.ts', [JSON.stringify(config)], ['--expose-gc'], deployedAt(config));
  let crowd: Crowd | undefined;
  try {
    const at = await answer<{ mqtt: number; http: number }>(relay);
    const hosts = await Crowd.open({ port: at.mqtt, directory: ca, hosts: HOSTS });
    crowd = hosts;

    // The first ones warm the code up and make the heap grow to what a relay needs anyway.
    const first = Math.floor(HOSTS / 4);
    await hosts.connect(first, AT_ONCE);
    const some = await usage(relay, true);
    await hosts.connect(HOSTS, AT_ONCE);
    const full = await usage(relay, true);
    await hosts.ask({ do: 'leave' });
    await wait(1000);
    const left = await usage(relay, true);
    const { resumed } = await hosts.connect(HOSTS, AT_ONCE);
    const again = await usage(relay, true);

    await hosts.ask({ do: 'talk', everyMs: FRAME_EVERY_MS });
    await wait(2000);
    const stormed = await storm(relay, hosts, config, HOSTS, at.mqtt);
    relay = stormed.relay;

    const each = (bytes: number) => threeDigits(bytes / (HOSTS - first) / 1024);
    const ms = (from: Usage, to: Usage, count: number) => threeDigits(((to.cpu - from.cpu) / count) * 1000);
    const many = `${HOSTS} TLS connections, each with a last will and two subscriptions`;
    return [
      { name: 'memory a connection', value: each(full.memory - some.memory), unit: 'KiB', target: 65, note: many },
      { name: 'memory in all', value: threeDigits(full.memory / 2 ** 20), unit: 'MiB', target: 900, note: many },
      { name: 'CPU of a full handshake, MQTT included', value: ms(some, full, HOSTS - first), unit: 'ms', target: 2 },
      {
        name: 'CPU of a resumed handshake, MQTT included',
        value: ms(left, again, HOSTS),
        unit: 'ms',
        target: 1.3,
        note: `${resumed} of ${HOSTS} were resumed`,
      },
      ...stormFigures(stormed, FRAME_EVERY_MS),
    ];
  } finally {
    relay.kill('SIGKILL');
    crowd?.kill();
    close();
  }
}
