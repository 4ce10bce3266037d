import type { SeriesSamples } from '../core/ports/metric-store.ts';
import { evaluateInstant, evaluateRange } from '../core/promql/evaluate.ts';
import type { SeriesSource } from '../core/promql/source.ts';
import type { BenchResult } from './result.ts';

/** The evaluator alone, over samples that lie in memory: 1,000 series, 6 hours at 10 s. CPU time, best of five. */
const SERIES = 1000;
const INTERVAL = 10_000;
const SPAN = 6 * 3_600_000;
const END = 1_700_000_000_000 + SPAN;
const OPTIONS = { timeoutMs: 60_000, maxSamples: 100_000_000, lookbackMs: 300_000 };

function makeSource(): SeriesSource {
  const count = SPAN / INTERVAL + 36;
  const all: SeriesSamples[] = [];
  for (let s = 0; s < SERIES; s++) {
    const times = new Float64Array(count);
    const values = new Float64Array(count);
    let value = 0;
    for (let i = 0; i < count; i++) {
      times[i] = END - (count - 1 - i) * INTERVAL - (s % 100);
      // A reset now and then, so that the loop over resets has something to find.
      value = (i + s) % 1500 === 0 ? 0 : value + ((i * 7 + s) % 13);
      values[i] = value;
    }
    const labels = { __name__: 'requests_total', instance: `host-${s % 100}`, path: `/${Math.floor(s / 100)}` };
    all.push({ labels, times, values });
  }
  return { select: () => all };
}

function cpuMs(work: () => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const before = process.cpuUsage();
    work();
    const used = process.cpuUsage(before);
    best = Math.min(best, (used.user + used.system) / 1000);
  }
  return best;
}

export async function run(): Promise<BenchResult[]> {
  const source = makeSource();
  const range = (query: string, step: number) =>
    cpuMs(() => evaluateRange(query, END - SPAN, END, step, source, OPTIONS));
  const note = '1,000 series, 6 h at 10 s (2,160,000 samples) in memory; parsing, evaluation and answer included';
  return [
    {
      name: 'promql: sum by (path) (rate(m[5m])), 6 h, step 60 s',
      value: range('sum by (path) (rate(requests_total[5m]))', 60_000),
      unit: 'ms CPU',
      target: 110,
      note,
    },
    {
      name: 'promql: rate(m[5m]), 6 h, step 60 s',
      value: range('rate(requests_total[5m])', 60_000),
      unit: 'ms CPU',
      note,
    },
    {
      name: 'promql: max_over_time(m[1h]), 6 h, step 60 s',
      value: range('max_over_time(requests_total[1h])', 60_000),
      unit: 'ms CPU',
      note,
    },
    {
      name: 'promql: rate(m[6h]), one instant',
      value: cpuMs(() => evaluateInstant('rate(requests_total[6h])', END, source, OPTIONS)),
      unit: 'ms CPU',
      note,
    },
  ];
}
