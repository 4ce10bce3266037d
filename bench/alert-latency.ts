import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createFleet } from '../test/support/fleet.ts';
import { TierProcess } from '../test/support/tier-process.ts';
import { until } from '../test/support/until.ts';
import { Heard } from './alert-latency/heard.ts';
import { threeDigits } from './page/three-digits.ts';
import { CuttableWay } from './relay/cuttable.ts';
import type { BenchResult } from './result.ts';
import { USUAL_HOSTS } from './settings.ts';

const HOSTS = Number(process.env.HELIOGRAPH_BENCH_HOSTS ?? USUAL_HOSTS['alert-latency']);
/** Collectors that are killed and cut off, real ones beside the simulated hosts; and how often each. */
const COLLECTORS = 4;
const KILLS = 5;
const PULLS = 3;
const KEEP_ALIVE_S = 10;
/** The rule of the value over its threshold is evaluated so often. */
const EVALUATE_S = 1;
const CANARY = { everyS: 15, upS: 8 };
const PATIENCE_MS = 120_000;
const RULES = `groups:
  - {name: canary, interval: ${EVALUATE_S}s, rules: [{alert: Canary, expr: heliograph_canary_crossed_seconds > 0}]}
`;

/** From what happens to a webhook that has heard of it: a collector that is killed, a network that is pulled, a value over its threshold, with many hosts behind. */
export async function run(): Promise<BenchResult[]> {
  const heard = await Heard.open();
  const ways: CuttableWay[] = [];
  const fleet = await createFleet({
    collectors: COLLECTORS,
    interval: '5s',
    collector: (number, port) => {
      ways[number] = new CuttableWay(port);
      return { keepAlive: `${KEEP_ALIVE_S}s`, reconnect: { base: '200ms', cap: '1s' } };
    },
    core: (directory: string) => ({
      alerts: {
        rules: { files: [join(directory, 'rules.yaml')], startAfter: '1s' },
        hosts: { grace: '10s' },
        // A message for each, or one host would wait for what is said of another.
        notify: {
          groupBy: ['alertname', 'instance'],
          receivers: [{ name: 'hook', webhook: { url: heard.url } }],
        },
      },
    }),
    through: async (number: number) => {
      await ways[number]!.open();
      return ways[number]!.port;
    },
  });
  writeFileSync(join(fleet.directory, 'rules.yaml'), RULES);
  await fleet.authority.issue({ name: 'canary-1', role: 'collector', days: 2 });
  const ca = join(fleet.directory, 'ca');
  const relay = `127.0.0.1:${fleet.relayAddress.port}`;
  const out = (name: string) => join(fleet.directory, `${name}.out`);
  const canary = new TierProcess(
    'heliograph.ts',
    [
      ...['canary', '--relay', relay, '--ca', join(ca, 'ca.pem'), '--cert', join(ca, 'canary-1.pem')],
      ...['--key', join(ca, 'canary-1.key'), '--data', join(fleet.directory, 'canary')],
      ...['--every', `${CANARY.everyS}s`, '--up', `${CANARY.upS}s`, '--interval', '1s'],
    ],
    out('canary'),
  );
  const simulated = new TierProcess(
    'simulate.ts',
    ['--hosts', String(HOSTS), '--relay', relay, '--ca', ca, '--duration', '0s', '--interval', '10s', '--workers', '1'],
    out('simulated'),
  );
  try {
    await fleet.core.start();
    await fleet.relay.start();
    await simulated.start();
    await Promise.all(fleet.collectors.map((collector) => collector.start()));
    await canary.start();
    const connected = async () => {
      const answer = (await (await fetch(new URL('/api/v1/fleet', fleet.coreUrl))).json()) as {
        hosts: { state: string }[];
      };
      return answer.hosts.filter(({ state }) => state === 'connected').length;
    };
    const all = HOSTS + COLLECTORS + 1;
    await until('all are connected', async () => (await connected()) === all, { withinMs: 600_000, everyMs: 1000 });
    const measured = Date.now();

    const kills: number[] = [];
    const pulls: number[] = [];
    const back = (number: number, after: number) =>
      heard.first('HostSilent', `host-${number}`, 'resolved', after, PATIENCE_MS);
    const eachOf = (times: number, one: (number: number) => Promise<void>) =>
      Promise.all(
        fleet.collectors.map(async (_, number) => {
          // Not all at the same moment of whatever the tiers do now and then.
          await wait(number * 1300);
          for (let i = 0; i < times; i++) {
            await one(number);
            await wait(2000 + 370 * i);
          }
        }),
      );
    await eachOf(KILLS, async (number) => {
      const at = Date.now();
      await fleet.collectors[number]!.kill();
      kills.push((await heard.first('HostSilent', `host-${number}`, 'firing', at, PATIENCE_MS)).at - at);
      await fleet.collectors[number]!.start();
      await back(number, at);
    });
    await eachOf(PULLS, async (number) => {
      const at = Date.now();
      ways[number]!.pull();
      pulls.push((await heard.first('HostSilent', `host-${number}`, 'firing', at, PATIENCE_MS)).at - at);
      ways[number]!.plug();
      await back(number, at);
    });
    const crossed = heard.alerts
      // What crossed while two thousand hosts connected is another figure.
      .filter(({ name, status, value }) => name === 'Canary' && status === 'firing' && value * 1000 >= measured)
      .map(({ at, value }) => at - value * 1000);
    const note = `${HOSTS} simulated hosts and ${COLLECTORS} collectors behind one relay`;
    const others = heard.alerts.filter(
      ({ name, instance, at }) => at >= measured && name.endsWith('Silent') && !/^host-\d+$/.test(instance),
    );
    return [
      ...figures('kill -9 of a collector', kills, 5, note),
      ...figures(
        `a network that is pulled, keep-alive ${KEEP_ALIVE_S} s`,
        pulls,
        1.5 * KEEP_ALIVE_S + 5,
        `${note}; target: 1.5 keep-alives and 5 s`,
      ),
      ...figures(
        'a value over its threshold',
        crossed,
        EVALUATE_S + 5,
        `${note}; from the sample on; target: the interval of ${EVALUATE_S} s and 5 s`,
      ),
      {
        ...{ name: 'alerts about hosts that nothing happened to', value: others.length, unit: 'in all', target: 0 },
        note: others.map(({ name, instance, status }) => `${name} ${instance} ${status}`).join(', '),
      },
    ];
  } finally {
    await canary.kill();
    await simulated.kill();
    for (const way of ways) way.cut();
    await fleet.close();
    heard.close();
  }
}

function figures(what: string, times: readonly number[], target: number, note: string): BenchResult[] {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => threeDigits(sorted[Math.ceil(share * sorted.length) - 1]! / 1000);
  const noted = `${times.length} times; ${note}`;
  return [
    { name: `${what}, to the webhook, p50`, value: at(0.5), unit: 's', note: noted },
    { name: `${what}, to the webhook, p99`, value: at(0.99), unit: 's', target, note: noted },
  ];
}
