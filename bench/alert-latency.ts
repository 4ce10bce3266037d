import { setTimeout as wait } from 'node:timers/promises';
import { until } from '../test/support/until.ts';
import { backlogOf, makeBacklog } from './alert-latency/backlog.ts';
import { Heard } from './alert-latency/heard.ts';
import { Traces } from './alert-latency/hops.ts';
import { figures, type Measured, rowOf } from './alert-latency/measured.ts';
import { type AlertLatencyOptions, alertLatencyOptions } from './alert-latency/options.ts';
import { COLLECTORS, EVALUATE_S, KEEP_ALIVE_S, System } from './alert-latency/system.ts';
import { figureOf, pageOf } from './end-to-end/snapshot.ts';
import { threeDigits } from './page/three-digits.ts';
import { cpuSecondsOf } from './process/figures.ts';
import type { BenchResult, BenchRun } from './result.ts';

const CONNECT_MS = 300_000;
/** However bad the day. */
const PROMISE_S = 60;
const PATIENCE_MS = 120_000;
/** A backlog of less is as good as none, and what happens then did not happen beside one. */
const SOME_BACKLOG = 5_000;

type Event = Omit<Measured, 'hops'>;

/**
 * From what happens to a webhook that has heard of it: a collector that is killed, a network that is pulled, a value over its threshold, with many hosts
 * behind; and where the time goes. Also beside a backlog, with a store that is slow, and with a real link (`--help`).
 */
export async function run(): Promise<BenchRun> {
  const options = alertLatencyOptions(process.env);
  const heard = await Heard.open();
  const system = await System.open(options, heard.url);
  try {
    return await measured(options, system, heard);
  } finally {
    await system.close();
    heard.close();
  }
}

async function measured(options: AlertLatencyOptions, system: System, heard: Heard): Promise<BenchRun> {
  const { fleet } = system;
  const { hosts, kills, pulls, link, backlogMin, store, storeShare } = options;
  const all = system.hosts(hosts);
  await fleet.relay.start();
  if (backlogMin === 0) await system.startCore();
  const came = Date.now();
  await system.startHosts();
  const connections = async () =>
    figureOf(await pageOf(new URL('/metrics', fleet.relayUrl)), 'heliograph_relay_connections');
  await until('all are connected', async () => (await connections()) === all, { withinMs: CONNECT_MS, everyMs: 1000 });
  if (backlogMin > 0) {
    await makeBacklog(fleet, backlogMin);
    await system.startCore();
  }
  await until('the core knows all', async () => (await connected(fleet.coreUrl)) >= all, {
    ...{ withinMs: CONNECT_MS, everyMs: 1000 },
  });
  const began = Date.now();
  const backlogAtBegin = await backlogOf(fleet);
  const cpu = () =>
    Object.entries({ core: fleet.core, relay: fleet.relay, 'simulated hosts': system.simulated }).map(
      ([name, { pid }]) => [name, cpuSecondsOf(pid!)] as const,
    );
  const before = cpu();

  const one = async (number: number, happens: () => Promise<void>, mends: () => Promise<void>): Promise<Event> => {
    const backlog = backlogMin > 0 ? await backlogOf(fleet) : 0;
    const at = Date.now();
    await happens();
    const alert = await heard.first('HostSilent', `host-${number}`, 'firing', at, PATIENCE_MS);
    await mends();
    await heard.first('HostSilent', `host-${number}`, 'resolved', at, PATIENCE_MS);
    return { at, took: alert.at - at, backlog };
  };
  const each = async (numbers: readonly number[], times: number, event: (number: number) => Promise<Event>) => {
    const events: (Event & { readonly number: number })[] = [];
    const rounds = numbers.map(async (number) => {
      // Not all at the same moment of whatever the tiers do now and then.
      await wait(number * 1300);
      for (let i = 0; i < times; i++) {
        events.push({ ...(await event(number)), number });
        await wait(2000 + 370 * i);
      }
    });
    await Promise.all(rounds);
    return events;
  };
  const numbers = Array.from({ length: COLLECTORS }, (_, number) => number);
  const [even, odd] = [numbers.filter((number) => number % 2 === 0), numbers.filter((number) => number % 2 === 1)];
  const [killed, pulled] = await Promise.all([
    each(even, 2 * kills, (number) => {
      const collector = fleet.collectors[number]!;
      return one(
        number,
        () => collector.kill(),
        () => collector.start(),
      );
    }),
    each(odd, 2 * pulls, (number) =>
      one(
        number,
        async () => system.pull(number),
        async () => system.plug(number),
      ),
    ),
  ]);
  const seconds = (Date.now() - began) / 1000;
  const used = cpu().map(([name, after], i) => ({
    name: `CPU of the ${name}`,
    value: threeDigits((after - before[i]![1]) / seconds),
    unit: 'cores',
  }));
  const backlogAtEnd = await backlogOf(fleet);
  // What passed the core last is on disk.
  await wait(1000);

  const traces = Traces.read(system.traces);
  const silences = (events: typeof killed): Measured[] =>
    events.map(({ number, at, ...rest }) => {
      const alert = heard.alerts.find(
        (one) => one.instance === `host-${number}` && one.status === 'firing' && one.at >= at,
      )!;
      return { at, ...rest, hops: traces.ofSilence(at, alert) };
    });
  const crossings = heard.alerts
    .filter(({ name, status }) => name === 'Canary' && status === 'firing')
    .map((alert): Measured => {
      const at = alert.value * 1000;
      return { at, took: alert.at - at, backlog: 0, hops: traces.ofThreshold(at, 'Canary', alert) };
    });
  const crossed = crossings.filter(({ at }) => at >= began);
  // Without a core that is another thing.
  const whileComing = backlogMin > 0 ? [] : crossings.filter(({ at }) => at >= came && at < began);
  const others = heard.alerts.filter(
    ({ name, instance, at }) => at >= began && name.endsWith('Silent') && !/^host-\d+$/.test(instance),
  );
  const note = [
    `${hosts} simulated hosts and ${COLLECTORS} collectors behind one relay`,
    store === 'embedded' ? 'embedded store' : 'VictoriaMetrics',
    ...(storeShare < 1 ? [`the metric store works ${storeShare} of the time`] : []),
  ].join(', ');
  const kinds = [
    ['kill -9 of a collector', silences(killed), 5, note],
    [
      `a network that is pulled, keep-alive ${KEEP_ALIVE_S} s`,
      silences(pulled),
      1.5 * KEEP_ALIVE_S + 5,
      `${note}; ${link ? 'the link of its namespace goes down' : 'a proxy passes nothing any more'}; target: 1.5 keep-alives and 5 s`,
    ],
    [
      'a value over its threshold',
      crossed,
      EVALUATE_S + 5,
      `${note}; from the sample on; target: the interval of ${EVALUATE_S} s and 5 s`,
    ],
    [
      'a value over its threshold while all hosts come',
      whileComing,
      PROMISE_S,
      `${note}, which come for the first time; target: the promise`,
    ],
  ] as const;
  const drained: BenchResult[] =
    backlogMin === 0
      ? []
      : [
          { name: 'backlog when it began', value: backlogAtBegin, unit: 'frames', note: `of ${backlogMin} min` },
          { name: 'backlog when it was over', value: backlogAtEnd, unit: 'frames' },
        ];
  return {
    results: [
      ...kinds.flatMap(([what, events, target, noted]) => figures(what, events, target, noted)),
      {
        ...{ name: 'alerts about hosts that nothing happened to', value: others.length, unit: 'in all', target: 0 },
        note: others.map(({ name, instance, status }) => `${name} ${instance} ${status}`).join(', '),
      },
      ...drained,
      ...used,
    ],
    wrong:
      backlogMin > 0 && backlogAtEnd < SOME_BACKLOG
        ? [`the backlog was gone before it was over: give more than --backlog-min=${backlogMin}`]
        : [],
    series: kinds.flatMap(([what, events]) => events.map((event) => rowOf(what, event))),
  };
}

async function connected(core: URL): Promise<number> {
  const { hosts } = (await (await fetch(new URL('/api/v1/fleet', core))).json()) as { hosts: { state: string }[] };
  return hosts.filter(({ state }) => state === 'connected').length;
}
