import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { stringify } from 'yaml';
import { claimPort } from '../cli/start/ports.ts';
import { Health } from '../core/api/health.ts';
import { coreConfig } from '../core/config.ts';
import { openStores } from '../core/stores.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { Registry } from '../lib/metrics.ts';
import { TestCore } from '../test/support/core/core.ts';
import { Engine } from '../test/support/engine.ts';
import { simulateQuietly } from '../test/support/quiet-simulation.ts';
import { TierProcess } from '../test/support/tier-process.ts';
import { type FrameTimes, Hops } from './log-freshness/hops.ts';
import { cpuSecondsOf } from './process/figures.ts';
import type { BenchResult } from './result.ts';

const HOSTS = 50;
const LINES = Number(process.env.HELIOGRAPH_BENCH_LOGS ?? 200);
/** Each partition's lines are a bulk of their own, one after the other. */
const PARTITIONS = Number(process.env.HELIOGRAPH_BENCH_PARTITIONS ?? 6);
const WARM_MS = 20_000;
const STEADY_MS = 40_000;
/** How exactly it is known when a line was searchable. */
const LOOK_MS = 20;

/** The way of a log line over relay, Kafka and OpenSearch at a low load, hop by hop: where the time goes that people wait. */
export async function run(): Promise<BenchResult[]> {
  const kafka = await Engine.start('kafka');
  const openSearch = await Engine.start('opensearch');
  const core = await TestCore.make();
  const directory = await mkdtemp(join(tmpdir(), 'heliograph-bench-freshness-'));
  const stop = new AbortController();
  const hops = new Hops();
  let relay: TierProcess | null = null;
  let simulation: Promise<unknown> = Promise.resolve();
  try {
    const address = openSearch.values.OPENSEARCH_URL!;
    const engines = {
      bus: 'kafka',
      kafka: { brokers: [kafka.values.KAFKA_BROKERS], partitions: PARTITIONS },
      logs: 'opensearch',
      opensearch: { addresses: [address] },
    };
    const stores = await openStores(coreConfig.parse({ ...core.config, ...engines }), {
      log: silentLog,
      clock: systemClock,
      registry: new Registry(),
      health: new Health(() => Date.now()),
      onRefused: (lines) => Promise.reject(new TypeError(`a line was refused: ${lines[0]!.reason}`)),
      onRefusedSeries: ({ id }) => Promise.reject(new TypeError(`samples of ${id.host} were refused`)),
    });
    await core.start(engines, { stores: hops.around(stores) });
    const made = await startRelay(core, directory);
    relay = made.relay;
    simulation = simulateQuietly({
      hosts: HOSTS,
      relay: made.address,
      intervalMs: 10_000,
      logsPerSecond: LINES,
      authority: join(core.directory, 'ca'),
      verify: null,
      seed: 1,
      signal: stop.signal,
      drainMs: 1_000,
    });
    const looking = look(address, hops, stop.signal);
    await wait(WARM_MS);
    const from = Date.now();
    const appends = hops.appends.length;
    const pid = await openSearch.pid();
    const engineCpu = cpuSecondsOf(pid);
    await wait(STEADY_MS);
    const cpu = cpuSecondsOf(pid) - engineCpu;
    const bulks = hops.appends.slice(appends);
    stop.abort();
    await Promise.all([simulation, looking]);
    const until = from + STEADY_MS;
    const frames = [...hops.frames.values()].filter(({ created }) => created >= from && created < until);
    const lines = bulks.reduce((sum, count) => sum + count, 0);
    return [
      ...hop('from the collector to the relay', frames, 'created', 'received'),
      ...hop('relay: journal, linger, block; core: block to the bus', frames, 'received', 'publishing'),
      ...hop('publishing on Kafka, fsynced', frames, 'publishing', 'published'),
      ...hop('until the indexer has it', frames, 'published', 'taken'),
      ...hop('decoding and pipeline', frames, 'taken', 'appending'),
      ...hop('bulk and ledger', frames, 'appending', 'appended'),
      ...hop('until OpenSearch shows it', frames, 'appended', 'searchable'),
      ...hop('all of it, sent to searchable', frames, 'created', 'searchable', 5),
      { name: 'lines a call of the log store', value: lines / bulks.length, unit: 'lines' },
      {
        name: 'CPU of OpenSearch',
        value: (cpu / lines) * 1e6,
        unit: 's per million lines',
        note: 'searches of the bench included',
      },
    ];
  } finally {
    stop.abort();
    await simulation;
    await relay?.kill();
    await core.remove();
    await openSearch.stop();
    await kafka.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function startRelay(core: TestCore, directory: string) {
  const tls = await core.issue('relay-1', 'relay');
  const port = await claimPort({ option: '', port: 0, what: 'bench' });
  const file = join(directory, 'relay.yaml');
  const config = {
    name: 'relay-1',
    site: 'bench',
    dataDir: join(directory, 'relay'),
    mqtt: { listen: `127.0.0.1:${port}` },
    http: { listen: '127.0.0.1:0' },
    cores: [`127.0.0.1:${core.port}`],
    tls,
  };
  await writeFile(file, stringify(config));
  const relay = new TierProcess('heliograph.ts', ['relay', '--config', file], join(directory, 'relay.out'));
  await relay.start();
  return { relay, address: { host: '127.0.0.1', port } };
}

/** Asks how many lines can be found, again and again. */
async function look(address: string, hops: Hops, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const answer = await fetch(`${address}/heliograph-logs-*/_count?allow_no_indices=true`);
    const { count } = (await answer.json()) as { count: number };
    hops.shows(count);
    await wait(LOOK_MS);
  }
}

type Moment = Exclude<keyof FrameTimes, 'lines' | 'upTo'>;

function hop(what: string, frames: readonly FrameTimes[], from: Moment, to: Moment, target?: number): BenchResult[] {
  const ms = frames.map((times) => times[to] - times[from]).filter((one) => !Number.isNaN(one));
  ms.sort((a, b) => a - b);
  const at = (share: number) => (ms[Math.min(ms.length - 1, Math.floor(ms.length * share))] ?? Number.NaN) / 1_000;
  const note = `${ms.length} frames of ${frames.length}; ${LINES} lines/s from ${HOSTS} hosts, ${PARTITIONS} partitions a topic`;
  return [
    { name: `${what}, p50`, value: at(0.5), unit: 's' },
    { name: `${what}, p99`, value: at(0.99), unit: 's', ...(target === undefined ? {} : { target, note }) },
  ];
}
