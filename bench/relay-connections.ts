import type { ChildProcess } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import type { Ledger } from '../lib/ledger.ts';
import { answer, start, type Usage, usage } from './relay/processes.ts';
import type { Order, Report } from './relay/returning-hosts.ts';
import { openStation } from './relay/station.ts';
import type { BenchResult } from './result.ts';

/** HELIOGRAPH_HOSTS=10000 for the figures that count; one certificate each is made first, which takes a while. */
const HOSTS = Number(process.env.HELIOGRAPH_HOSTS ?? 2000);
const AT_ONCE = 50;
/** One frame a host in this time while the storm goes on, ms. */
const FRAME_EVERY_MS = 10_000;
const STORM_MS = 60_000;
/** As the unit and the composition in deploy/ have it. */
const AS_DEPLOYED = { MALLOC_ARENA_MAX: '1' };

/**
 * What a connection costs a relay: memory, and CPU of a full and of a resumed handshake. Then a storm: the relay is killed
 * and started again, and everybody comes back by himself, as collectors do. Hosts are another process and not counted.
 */
export async function run(): Promise<BenchResult[]> {
  const { ca, config, close } = await openStation(HOSTS);
  const hosts = start('returning-hosts.ts', []);
  let relay = start('relay.ts', [JSON.stringify(config)], ['--expose-gc'], AS_DEPLOYED);
  try {
    const at = await answer<{ mqtt: number; http: number }>(relay);
    await ask(hosts, { do: 'open', port: at.mqtt, directory: ca, hosts: HOSTS });

    // The first ones warm the code up and make the heap grow to what a relay needs anyway.
    const first = Math.floor(HOSTS / 4);
    await ask(hosts, { do: 'connect', atOnce: AT_ONCE, hosts: first });
    const some = await usage(relay, true);
    await ask(hosts, { do: 'connect', atOnce: AT_ONCE, hosts: HOSTS });
    const full = await usage(relay, true);
    await ask(hosts, { do: 'leave' });
    await wait(1000);
    const left = await usage(relay, true);
    const { resumed } = await ask(hosts, { do: 'connect', atOnce: AT_ONCE, hosts: HOSTS });
    const again = await usage(relay, true);

    await ask(hosts, { do: 'talk', everyMs: FRAME_EVERY_MS });
    await wait(2000);
    await ask(hosts, { do: 'report' });
    relay.kill('SIGKILL');
    await new Promise((resolve) => relay.once('exit', resolve));
    const began = performance.now();
    const there = { ...config, mqtt: { listen: `127.0.0.1:${at.mqtt}` } };
    relay = start('relay.ts', [JSON.stringify(there)], [], AS_DEPLOYED);
    const { http } = await answer<{ http: number }>(relay);
    const started = performance.now();
    const storm = await ask(hosts, { do: 'settle', withinMs: STORM_MS });
    const back = performance.now();
    await ask(hosts, { do: 'hush' });
    const last = await ask(hosts, { do: 'settle', withinMs: 10_000 });
    const lost = last.frames - last.queued - (await framesIn(http));

    const each = (bytes: number) => round(bytes / (HOSTS - first) / 1024);
    const ms = (from: Usage, to: Usage, count: number) => round(((to.cpu - from.cpu) / count) * 1000);
    const many = `${HOSTS} TLS connections, each with a last will and two subscriptions`;
    return [
      { name: 'memory a connection', value: each(full.memory - some.memory), unit: 'KiB', target: 65, note: many },
      { name: 'memory in all', value: round(full.memory / 2 ** 20), unit: 'MiB', target: 900, note: many },
      { name: 'CPU of a full handshake, MQTT included', value: ms(some, full, HOSTS - first), unit: 'ms', target: 2 },
      {
        name: 'CPU of a resumed handshake, MQTT included',
        value: ms(left, again, HOSTS),
        unit: 'ms',
        target: 1.3,
        note: `${resumed} of ${HOSTS} were resumed`,
      },
      {
        name: 'storm: everybody back and nothing queued, after kill -9',
        value: round((back - began) / 1000),
        unit: 's',
        target: 30,
        note: `${storm.up} back, ${storm.resumed} resumed, ${storm.queued} frames queued; the start took ${round((started - began) / 1000)} s`,
      },
      {
        name: 'storm: acknowledgement, p99',
        value: round(storm.p99),
        unit: 'ms',
        target: 2000,
        note: `${storm.acknowledged} frames, one a host in ${FRAME_EVERY_MS / 1000} s, those of the backlog included`,
      },
      { name: 'storm: frames lost', value: lost, unit: 'frames', target: 0, note: `of ${last.frames}` },
    ];
  } finally {
    relay.kill('SIGKILL');
    hosts.kill();
    close();
  }
}

/** Different frames of the hosts that the relay has ever taken. */
async function framesIn(http: number): Promise<number> {
  const ledger = (await (await fetch(`http://127.0.0.1:${http}/ledger.json`)).json()) as Ledger;
  const log = ledger.entries.find((entry) => entry.class === 'log')!;
  return log.in.frames - log.repeated.frames;
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}

function ask(hosts: ChildProcess, order: Order): Promise<Report> {
  hosts.send(order);
  return answer<Report>(hosts);
}
