import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DayWriter } from '../core/metrics/day-writer.ts';
import { MetricEngine } from '../core/metrics/engine.ts';
import type { DayWriting } from '../core/metrics/engine-contract.ts';
import type { IncomingFrame } from '../core/metrics/intake.ts';
import { SeriesReader } from '../core/metrics/series-reader.ts';
import { atOnce } from '../core/metrics/turns.ts';
import type { ResolvedPage } from '../core/ports/frames.ts';
import type { Matcher } from '../core/ports/metric-store.ts';
import { evaluateInstant, evaluateRange } from '../core/promql/evaluate.ts';
import { besideQueries } from './metric-store/beside-queries.ts';
import type { BenchResult } from './result.ts';

const HOSTS = 100;
const SERIES = 100;
const HOURS = 7;
const STEP = 10_000;
/** Instants a frame. */
const INSTANTS = 6;
const START = Date.parse('2026-03-01T00:00:00Z');

/**
 * The embedded metric store in one thread, so that all of its CPU is counted: 10,000 series at 10 s over seven hours (25 million samples)
 * written in frames of 600, moved to the day's file every hour, and queried over six hours from the file.
 */
export async function run(): Promise<BenchResult[]> {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-bench-'));
  const writer = new DayWriter(directory);
  const cpu = { append: 0, checkpoint: 0 };
  const days: DayWriting = {
    write: async (day, generation, rows) => writer.write(day, generation, rows),
    finish: async (day, bits) => writer.finish(day, bits),
    remove: async (day) => writer.remove(day),
    close: async () => writer.closeAll(),
  };
  const engine = await MetricEngine.open(
    {
      directory,
      retentionDays: 30,
      maxBytes: 1e12,
      futureMs: 1e12,
      lingerMs: 0,
      headBytes: 1e12,
      segmentBytes: 64 * 1024 * 1024,
    },
    days,
    {
      damaged: () => undefined,
      checkpointed: () => undefined,
      checkpointFailed: (error) => {
        throw error;
      },
      damagedDay: () => undefined,
      removedDay: () => undefined,
    },
  );
  try {
    const page = hostPage();
    engine.learnPages([page], false);
    const series = Array.from({ length: SERIES }, (_, j) => generator(j));
    let samples = 0;
    for (let hour = 0; hour < HOURS; hour++) {
      const frames = makeFrames(page, hour, series);
      let before = cpuSeconds();
      for (let from = 0; from < frames.length; from += HOSTS) {
        await engine.write(frames.slice(from, from + HOSTS), START + hour * 3_600_000);
      }
      cpu.append += cpuSeconds() - before;
      samples += frames.length * SERIES * INSTANTS;
      before = cpuSeconds();
      await engine.checkpoint();
      cpu.checkpoint += cpuSeconds() - before;
    }
    const { bytes } = engine.totals();
    return [
      {
        name: 'metric store: write, journalled and fsynced',
        value: (cpu.append / samples) * 1e6,
        unit: 'us CPU/sample',
        note: `${samples / 1e6} million samples, frames of ${SERIES * INSTANTS}, ${HOSTS} frames a write`,
      },
      {
        name: 'metric store: from memory to the day file',
        value: (cpu.checkpoint / samples) * 1e6,
        unit: 'us CPU/sample',
        target: 0.03,
        note: 'the open chunks encoded, SQLite, fsync; a row holds an hour of a series',
      },
      {
        name: 'metric store: on disk, everything',
        value: bytes / samples,
        unit: 'B/sample',
        target: 3.9,
        note: 'a third counters, a third gauges of two decimals, a third that rarely change',
      },
      ...queryResults(engine, directory),
      ...(await besideQueries()),
    ];
  } finally {
    await engine.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function queryResults(engine: MetricEngine, directory: string): BenchResult[] {
  const reader = new SeriesReader(directory, {
    find: (sets, from, to) => atOnce(engine.find(sets, from, to)),
    labels: (ids) => engine.labels(ids),
    head: (ids, from, to) => engine.head(ids, from, to),
  });
  const unmetered = { room: () => undefined, charge: () => undefined };
  const source = {
    select: (matchers: readonly Matcher[], from: number, to: number) => reader.select(matchers, from, to, unmetered),
  };
  const options = { timeoutMs: 60_000, maxSamples: 1e9, lookbackMs: 300_000 };
  const end = START + HOURS * 3_600_000 - STEP;
  const time = (run: () => unknown): number => {
    const times = Array.from({ length: 5 }, () => {
      const before = performance.now();
      run();
      return performance.now() - before;
    });
    return times.sort((a, b) => a - b)[2]!;
  };
  const rate = 'sum by (instance) (rate(m{n="7"}[5m]))';
  const wide = 'rate(m{n=~"0|3|6|9|12|15|18|21|24|27"}[5m])';
  const instant = 'count(m{n="1"})';
  return [
    {
      name: 'metric store: rate over 6 h, 1,000 series, 2.2 million samples, 73 steps',
      value: time(() => evaluateRange(wide, end - 6 * 3_600_000, end, 300_000, source, options)),
      unit: 'ms',
      target: 110,
      note: 'median of 5, evaluator and answer included',
    },
    {
      name: 'metric store: of which reading the samples',
      value: time(() =>
        source.select([{ name: 'n', operator: '=~', value: '0|3|6|9|12|15|18|21|24|27' }], end - 6 * 3_600_000, end),
      ),
      unit: 'ms',
    },
    {
      name: 'metric store: rate over 6 h, 100 series by host',
      value: time(() => evaluateRange(rate, end - 6 * 3_600_000, end, 60_000, source, options)),
      unit: 'ms',
    },
    {
      name: 'metric store: an instant query over 100 series',
      value: time(() => evaluateInstant(instant, end, source, options)),
      unit: 'ms',
    },
  ];
}

function hostPage(): ResolvedPage {
  const series = Array.from({ length: SERIES }, (_, j) => ({ name: 'm', labels: [['n', `${j}`]] as const }));
  return { hash: '0'.repeat(32), series };
}

/** The value of a series at its i-th instant, for a host. */
function generator(j: number): (host: number, i: number) => number {
  if (j % 3 === 0) return (host, i) => i * (50 + j) + ((i * 7919 + host * 104_729) % 97);
  if (j % 3 === 1) return (host, i) => Math.round(5_000 + 300 * Math.sin((i + host * j) / 50) + ((i * 31) % 17)) / 100;
  return (host, i) => 1_000_000 + host * 4_096 + Math.floor((i + host) / 90);
}

function makeFrames(
  page: ResolvedPage,
  hour: number,
  series: readonly ((host: number, i: number) => number)[],
): IncomingFrame[] {
  const frames: IncomingFrame[] = [];
  const perHour = 3_600_000 / STEP;
  for (let from = 0; from < perHour; from += INSTANTS) {
    for (let host = 0; host < HOSTS; host++) {
      const first = hour * perHour + from;
      const times = Float64Array.from({ length: INSTANTS }, (_, i) => START + (first + i) * STEP);
      const values = new Float64Array(INSTANTS * SERIES);
      for (let i = 0; i < INSTANTS; i++) {
        for (let j = 0; j < SERIES; j++) values[i * SERIES + j] = series[j]!(host, first + i);
      }
      frames.push({
        id: { host: `h${host}`, boot: '00000001aabbccddeeff0011', class: 'metric', sequence: first / INSTANTS + 1 },
        target: { instance: `h${host}`, site: 'north' },
        rows: [{ page: page.hash, times, values, present: null }],
      });
    }
  }
  return frames;
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
