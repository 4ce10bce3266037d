import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedMetricStore } from '../../core/metrics/open.ts';
import type { EmbeddedMetricStore } from '../../core/metrics/store.ts';
import type { MetricFrame, ResolvedPage } from '../../core/ports/frames.ts';
import { silentLog } from '../../lib/log.ts';
import { Registry } from '../../lib/metrics.ts';
import type { BenchResult } from '../result.ts';

const HOSTS = 100;
const SERIES = 100;
const STEP = 10_000;
const HOURS = 3;
const START = Date.parse('2026-03-01T06:00:00Z');
const END = START + HOURS * 3_600_000;
/** A write every so often, each of this many hosts: 50,000 samples a second. */
const EVERY_MS = 20;
const HOSTS_A_WRITE = 10;
const WRITES = 500;
const QUERIES = 10;

const page: ResolvedPage = {
  hash: '0'.repeat(32),
  series: Array.from({ length: SERIES }, (_, j) => ({ name: 'm', labels: [['n', `${j}`]] as const })),
};

/**
 * What a write waits while people ask: 50,000 samples a second, each write timed from the call to durable and queryable, alone
 * and beside ten queries over all 10,000 series that are asked again whenever they are answered.
 */
export async function besideQueries(): Promise<BenchResult[]> {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-bench-'));
  const store = await openEmbeddedMetricStore({
    directory,
    retention: { days: 30, maxBytes: 1e12 },
    futureMs: 1e12,
    clock: { now: () => END, mono: () => performance.now() },
    log: silentLog,
    registry: new Registry(),
  });
  try {
    for (let at = START; at < END; at += STEP * 6) {
      await store.write(Array.from({ length: HOSTS }, (_, host) => frame(host, at, 6)));
      // The last hour stays in memory.
      if (at === END - 3_600_000 - STEP * 6) await store.checkpoint();
    }
    let next = END;
    const measure = async (): Promise<number[]> => {
      const times: number[] = [];
      const writes: Promise<void>[] = [];
      const began = performance.now();
      for (let i = 0; i < WRITES; i++) {
        const due = began + i * EVERY_MS;
        const wait = due - performance.now();
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
        const from = (i * HOSTS_A_WRITE) % HOSTS;
        if (from === 0) next += STEP;
        const frames = Array.from({ length: HOSTS_A_WRITE }, (_, k) => frame(from + k, next, 1));
        // From when it was due: a store that stands still must not stop the clock as well.
        writes.push(store.write(frames).then(() => void times.push(performance.now() - due)));
      }
      await Promise.all(writes);
      return times.sort((a, b) => a - b);
    };
    await measure();
    const alone = await measure();
    const asking = { on: true, answers: 0 };
    const people = Array.from({ length: QUERIES }, (_, i) => ask(store, asking, i));
    const beside = await measure();
    asking.on = false;
    await Promise.all(people);
    const at = (times: number[], share: number) => times[Math.ceil(times.length * share) - 1]!;
    return [
      { name: 'metric store: a write alone, p50', value: at(alone, 0.5), unit: 'ms', note: 'to durable and queryable' },
      { name: 'metric store: a write alone, p99', value: at(alone, 0.99), unit: 'ms' },
      { name: `metric store: a write beside ${QUERIES} heavy queries, p50`, value: at(beside, 0.5), unit: 'ms' },
      {
        name: `metric store: a write beside ${QUERIES} heavy queries, p99`,
        value: at(beside, 0.99),
        unit: 'ms',
        target: 1_000,
        note: `${asking.answers} queries answered meanwhile, of 10,000 series over ${HOURS} h each; longest wait ${at(beside, 1).toFixed(0)} ms`,
      },
      {
        name: 'metric store: p99 of writes beside queries to alone',
        value: at(beside, 0.99) / at(alone, 0.99),
        unit: 'times',
      },
    ];
  } finally {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function ask(store: EmbeddedMetricStore, asking: { on: boolean; answers: number }, i: number): Promise<void> {
  const options = { timeoutMs: 120_000, maxSamples: 1e9, lookbackMs: 300_000 };
  while (asking.on) {
    await store.queryRange(`sum by (instance) (rate(m[${5 + i}m]))`, START + 600_000, END, 60_000, options);
    asking.answers++;
  }
}

function frame(host: number, at: number, instants: number): MetricFrame {
  const times = Float64Array.from({ length: instants }, (_, i) => at + i * STEP);
  const values = Float64Array.from(
    { length: instants * SERIES },
    (_, k) => (at / STEP) * (50 + (k % SERIES)) + ((k * 7_919 + host) % 97),
  );
  return {
    id: { host: `h${host}`, boot: '00000001aabbccddeeff0011', class: 'metric', sequence: (at - START) / STEP + 1 },
    relay: 'relay-1',
    created: at,
    received: at,
    skew: 0,
    lane: 'live',
    target: { instance: `h${host}`, site: 'north' },
    rows: [{ page, times, values, present: null }],
  };
}
