import { setTimeout as wait } from 'node:timers/promises';
import { imbalance, type Ledger } from '../lib/ledger.ts';
import { until } from '../test/support/until.ts';
import { startSimulator } from './end-to-end/simulator.ts';

import { type Look, ledgerOf, linesOf, look } from './log-flood/look.ts';
import { countOnTheBus, type OnTheBus } from './log-flood/on-the-bus.ts';
import { type FloodOptions, floodOptions } from './log-flood/options.ts';
import { freshPage } from './log-flood/page.ts';
import { quantileBetween } from './log-flood/quantile.ts';
import { type FloodStation, openFloodStation } from './log-flood/station.ts';
import { type Numbers, type Stretch, stretch } from './log-flood/stretch.ts';
import { LINE_BYTES } from './log-lines.ts';
import { peakMemoryOf } from './process/figures.ts';
import type { BenchResult, BenchRun } from './result.ts';

const TARGET_MB = 60;
/** How long a rate is tried before the one that counts is run. */
const TRY_SECONDS = 6;
const TRIES = 5;
/** Rates nearer than this are not told apart. */
const NEAR = 0.08;
/** What a long run has less than a short one promised. */
const STEP_DOWN = 0.9;
const METRIC_HOSTS = 100;
const QUIET_MS = 8_000;
const DELIVER_MS = 60_000;

/**
 * Lines of many hosts over a real relay and a real core into the bus: the highest rate at which nothing piles up, what it costs each process, and that
 * every line which was acknowledged is on the bus. Beside it hosts send samples, whose freshness is told with the flood and without.
 */
export async function run(): Promise<BenchRun> {
  const options = floodOptions(process.env);
  const station = await openFloodStation(options);
  let stopMetrics = () => undefined as unknown;
  try {
    const perWorker = Math.ceil(options.hosts / options.workers);
    const { mqtt: port } = station.relay;
    await station.order((worker) => ({
      do: 'open',
      port,
      ca: station.ca,
      first: worker * perWorker,
      hosts: Math.min(perWorker, options.hosts - worker * perWorker),
    }));
    stopMetrics = beginMetrics(station).kill;
    const quiet = await quietly(station, options.hosts);
    const numbers: Numbers = { next: 1 };
    const found = options.search ? await highest(station, options, numbers) : options.megabytes;
    let counted = await stretch(station, options, found, options.seconds, numbers);
    for (let tries = 0; options.search && !counted.sustained && tries < TRIES; tries++) {
      counted = await stretch(station, options, counted.megabytes * STEP_DOWN, options.seconds, numbers);
    }
    stopMetrics();
    await until('all to be on the bus', async () => (await look(station)).relay.queued === 0, {
      withinMs: DELIVER_MS,
    });
    const memory = {
      hosts: station.hostPids.reduce((sum, pid) => sum + peakMemoryOf(pid), 0),
      relay: peakMemoryOf(station.relay.pid),
      core: peakMemoryOf(station.core.pid),
    };
    const hosts = await station.order(() => ({ do: 'end' }));
    const acknowledged = hosts.acknowledged.error + hosts.acknowledged.log + hosts.acknowledged.debug;
    const ledgers = await balanced(station, acknowledged);
    await station.stopTiers();
    const bus = await countOnTheBus(station.core.config);
    const there = bus.lines.error + bus.lines.log + bus.lines.debug;
    if (there !== acknowledged) throw new TypeError(`${acknowledged} lines were acknowledged, ${there} are on the bus`);
    return {
      results: figures(options, counted, quiet, { acknowledged, bus, memory, ledgers }),
      wrong: counted.sustained ? [] : [`${counted.megabytes.toFixed(1)} MB/s are not sustained: what waits grows`],
    };
  } finally {
    stopMetrics();
    await station.close();
  }
}

function beginMetrics(station: FloodStation) {
  return startSimulator(
    {
      ...{ hosts: METRIC_HOSTS, series: 100, intervalMs: 1_000, instants: 1, logs: 0, workers: 1 },
      ...{ relay: { host: '127.0.0.1', port: station.relay.mqtt }, ca: station.ca, verify: null, verifyHosts: 0 },
    },
    (line) => console.error(line),
  );
}

/** p99 of samples while there are no lines, s. */
async function quietly(station: FloodStation, hosts: number): Promise<number> {
  await until(
    'all hosts to be connected',
    async () =>
      (await freshPage(new URL('/metrics', station.relay.url))).includes(
        `heliograph_relay_connections ${hosts + METRIC_HOSTS}\n`,
      ),
    { withinMs: DELIVER_MS },
  );
  await wait(QUIET_MS / 2);
  const before = await look(station);
  await wait(QUIET_MS);
  return freshness(before, await look(station));
}

function freshness(before: Look, after: Look): number {
  return quantileBetween(before.queryable, after.queryable, 0.99);
}

/** The highest rate that short tries sustain, MB/s. */
async function highest(station: FloodStation, options: FloodOptions, numbers: Numbers): Promise<number> {
  let low = 0;
  let high = options.megabytes;
  let next = high;
  for (let tries = 0; tries < TRIES; tries++) {
    const { sustained, linesPerSecond } = await stretch(station, options, next, TRY_SECONDS, numbers);
    const came = (linesPerSecond * LINE_BYTES) / 1e6;
    console.error(
      `${next.toFixed(1)} MB/s: ${came.toFixed(1)} MB/s came, ${sustained ? 'sustained' : 'not sustained'}`,
    );
    if (sustained) low = next;
    else high = next;
    if (high - low < NEAR * high) break;
    if (low === options.megabytes) break;
    next = low === 0 ? Math.max(came, high / 2) : (low + high) / 2;
    if (next > high * (1 - NEAR / 2)) next = high * (1 - NEAR);
  }
  return low === 0 ? high / 2 : low;
}

/** @throws TypeError where a process' account does not balance, or says something else than the hosts do */
async function balanced(station: FloodStation, acknowledged: number): Promise<{ relay: Ledger; core: Ledger }> {
  const relay = await ledgerOf(station.relay.url, '/ledger.json');
  const { tiers } = JSON.parse(await freshPage(new URL('/api/v1/ledger', station.core.url))) as { tiers: Ledger[] };
  const core = tiers.find(({ tier }) => tier === 'core')!;
  for (const ledger of [relay, core]) {
    for (const entry of ledger.entries) {
      const { frames, items } = imbalance(entry);
      if (frames === 0 && items === 0) continue;
      throw new TypeError(`${ledger.name} does not balance: ${JSON.stringify(entry)}`);
    }
    const lines = linesOf(ledger, 'in');
    if (lines === acknowledged) continue;
    throw new TypeError(`${acknowledged} lines were acknowledged, the account of ${ledger.name} has ${lines}`);
  }
  return { relay, core };
}

interface Ending {
  readonly acknowledged: number;
  readonly bus: OnTheBus;
  readonly memory: Readonly<Record<'hosts' | 'relay' | 'core', number>>;
  readonly ledgers: { readonly relay: Ledger; readonly core: Ledger };
}

function figures(options: FloodOptions, counted: Stretch, quiet: number, ending: Ending): BenchResult[] {
  const { before, after } = counted;
  const seconds = (after.at - before.at) / 1000;
  const lines = after.relay.in - before.relay.in;
  const out = after.relay.out - before.relay.out;
  const megabytes = (counted.linesPerSecond * LINE_BYTES) / 1e6;
  const of = options.bus === 'kafka' ? 'Kafka' : 'the embedded bus';
  const frames = after.hosts.frames - before.hosts.frames;
  const each = (lines / frames).toFixed(0);
  const note = `${options.hosts} hosts, ${seconds.toFixed(0)} s, ${each} lines a frame in the mean, ${LINE_BYTES} bytes a line as written; asked for ${counted.megabytes.toFixed(1)} MB/s, ${counted.sustained ? 'nothing piles up' : '**piles up**'}: at most ${counted.mostWaiting} lines wait`;
  const cpu = (part: keyof Look['cpu'], name: string, target?: number): BenchResult => {
    const used = after.cpu[part] - before.cpu[part];
    return {
      name: `${name}, CPU`,
      value: used / ((lines * LINE_BYTES) / 1e9),
      unit: 'CPU s/GB',
      note: `${(used / seconds).toFixed(2)} of a core`,
      ...(target === undefined ? {} : { target }),
    };
  };
  const perLine = (name: string, bytes: number, count: number): BenchResult => ({
    name,
    value: bytes / count,
    unit: 'B a line',
  });
  const wire = (part: 'relay' | 'core', name: string, count: number): BenchResult[] => {
    const [from, to] = [before.wire[part], after.wire[part]];
    return from === null || to === null ? [] : [perLine(name, to - from, count)];
  };
  const beside = (name: string, value: number, target?: number): BenchResult[] =>
    // Nothing came: the machine gave the hosts with samples no turn.
    Number.isNaN(value) ? [] : [{ name, value, unit: 's', ...(target === undefined ? {} : { target }) }];
  const { acknowledged, bus, memory } = ending;
  return [
    { name: `lines into ${of}`, value: megabytes, unit: 'MB/s', target: TARGET_MB, note },
    { name: `lines into ${of}`, value: counted.linesPerSecond, unit: 'lines/s' },
    cpu('hosts', 'hosts: TLS and MQTT of frames made before'),
    cpu('relay', 'relay'),
    cpu('core', 'core, gateway and bus'),
    ...(options.bus === 'kafka' ? [cpu('broker', 'Kafka')] : []),
    perLine('hosts to relay, payload', after.hosts.payloadBytes - before.hosts.payloadBytes, lines),
    ...wire('relay', 'hosts to relay, MQTT and TLS included', lines),
    ...wire('core', 'relay to core, gRPC and TLS included', out),
    perLine('in the bus, records with their keys', bus.bytes, acknowledged),
    { name: 'slowest acknowledgement of a frame', value: counted.slowest, unit: 'ms' },
    ...beside('samples, sent to queryable, p99 without lines', quiet),
    ...beside('samples, sent to queryable, p99 beside the flood', freshness(before, after), 1),
    ...(['hosts', 'relay', 'core'] as const).map((part) => ({
      name: `${part}, most memory`,
      value: memory[part],
      unit: 'MiB',
    })),
    {
      name: 'lines lost',
      value: acknowledged - bus.lines.error - bus.lines.log - bus.lines.debug,
      unit: 'lines',
      target: 0,
      note: `${acknowledged} acknowledged by the relay, as many in its account, in the core's, and read from the bus afterwards (${bus.repeatedFrames} frames twice)`,
    },
  ];
}
