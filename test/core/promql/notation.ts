import type { QueryData, SeriesSamples } from '../../../core/ports/metric-store.ts';
import { evaluateInstant, evaluateRange } from '../../../core/promql/evaluate.ts';
import { markStale } from '../../../core/promql/stale.ts';
import { parseSelector } from '../../../lib/promql/selector.ts';
import { memorySource } from './memory-source.ts';

/**
 * Series in Prometheus' own test notation, one a line: `name{label="value"} 0 1 2+3x4 _ stale NaN`.
 * `a+bxn` is a, a+b, ... a+n*b; `axn` is n+1 times a; `_` no sample. The first sample is at 0, the others every `interval` ms.
 */
export function load(text: string, interval = 60_000): SeriesSamples[] {
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [, selector = '', values = ''] = /^\s*(\S*\{.*\}|\S+)\s+(.*)$/.exec(line) ?? [];
      const labels = Object.fromEntries(parseSelector(selector).map(({ name, value }) => [name, value]));
      return samplesOf(labels, values.trim().split(/\s+/).flatMap(expand), interval);
    });
}

function expand(item: string): string[] {
  const [, first, sign, by = '0', times] = /^(-?[\d.]+|_|stale)(?:([+-])([\d.]+))?x(\d+)$/.exec(item) ?? [];
  if (first === undefined) return [item];
  const distance = sign === '-' ? -Number(by) : Number(by);
  return Array.from({ length: Number(times) + 1 }, (_, i) =>
    /^[_s]/.test(first) ? first : String(Number(first) + i * distance),
  );
}

function samplesOf(labels: Record<string, string>, items: readonly string[], interval: number): SeriesSamples {
  const kept = items.flatMap((item, i) => (item === '_' ? [] : [{ item, time: i * interval }]));
  const times = Float64Array.from(kept, ({ time }) => time);
  const values = Float64Array.from(kept, ({ item }) =>
    item === 'Inf'
      ? Number.POSITIVE_INFINITY
      : item === '-Inf'
        ? Number.NEGATIVE_INFINITY
        : item === 'stale'
          ? 0
          : Number(item),
  );
  for (const [i, { item }] of kept.entries()) if (item === 'stale') markStale(values, i);
  return { labels, times, values };
}

export const OPTIONS = { timeoutMs: 10_000, maxSamples: 1_000_000, lookbackMs: 300_000 };

/** An instant query's answer as short text: one `{labels} value` a series, or the scalar's or string's text. */
export function instant(data: string, query: string, seconds = 0): string[] {
  return describeData(evaluateInstant(query, seconds * 1000, memorySource(load(data)), OPTIONS));
}

/** A range query's answer: `{labels} value@seconds value@seconds ...`. All times in seconds. */
export function range(data: string, query: string, start: number, end: number, step: number): string[] {
  return describeData(evaluateRange(query, start * 1000, end * 1000, step * 1000, memorySource(load(data)), OPTIONS));
}

function describeData(data: QueryData): string[] {
  if (data.resultType === 'scalar' || data.resultType === 'string') return [data.result[1]];
  return data.resultType === 'vector'
    ? data.result.map(({ metric, value }) => `${series(metric)} ${value[1]}`)
    : data.result.map(({ metric, values }) => `${series(metric)} ${values.map(([t, v]) => `${v}@${t}`).join(' ')}`);
}

function series(metric: Record<string, string>): string {
  const { __name__: name = '', ...labels } = metric;
  return `${name}{${Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')}}`;
}
