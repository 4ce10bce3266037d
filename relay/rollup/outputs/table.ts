import { avg } from './avg.ts';
import type { Output } from './contract.ts';
import { countSamples } from './count-samples.ts';
import { countSeries } from './count-series.ts';
import { DEFAULT_BUCKETS, histogram } from './histogram.ts';
import { increase } from './increase.ts';
import { last } from './last.ts';
import { max } from './max.ts';
import { min } from './min.ts';
import { quantiles } from './quantiles.ts';
import { rateSum } from './rate-sum.ts';
import { stddev } from './stddev.ts';
import { sumSamples } from './sum-samples.ts';
import { total } from './total.ts';

/** Outputs by what a rule calls them; `sum` is sum_samples in vmagent's files. */
const PLAIN: Readonly<Record<string, Output>> = Object.fromEntries(
  [
    ['total', total],
    ['increase', increase],
    ['rate_sum', rateSum],
    ['sum', sumSamples],
    ['sum_samples', sumSamples],
    ['avg', avg],
    ['min', min],
    ['max', max],
    ['last', last],
    ['count_series', countSeries],
    ['count_samples', countSamples],
    ['stddev', stddev],
  ].map(([name, output]) => [name as string, output as Output]),
);

export const OUTPUT_NAMES: readonly string[] = [
  ...Object.keys(PLAIN),
  'histogram',
  'histogram(1, 2, 5)',
  'quantiles(0.5, 0.99)',
];

/** The output that a rule names, such as total, histogram(0.1, 1) or quantiles(0.5, 0.999); in words, what is wrong with it. */
export function outputOf(text: string): Output | string {
  const called = /^\s*(\w+)\s*(?:\(([^()]*)\))?\s*$/.exec(text);
  const [, name = '', list] = called ?? [];
  if (name === 'histogram') {
    const bounds = list === undefined ? DEFAULT_BUCKETS : numbers(list);
    if (bounds === null || bounds.some((bound, i) => i > 0 && bounds[i - 1]! >= bound)) {
      return 'write the bounds as ascending numbers, such as histogram(0.1, 0.5, 1)';
    }
    return histogram(bounds) as Output;
  }
  if (name === 'quantiles') {
    const phis = list === undefined ? null : numbers(list);
    if (phis === null || phis.some((phi) => phi < 0 || phi > 1)) {
      return 'write the quantiles as numbers from 0 to 1, such as quantiles(0.5, 0.99)';
    }
    return quantiles(phis) as Output;
  }
  if (list === undefined && Object.hasOwn(PLAIN, name)) return PLAIN[name]!;
  return `write one of: ${OUTPUT_NAMES.join(', ')}`;
}

function numbers(list: string): number[] | null {
  const words = list.split(',').map((word) => word.trim());
  const found = words.map(Number);
  return words.some((word) => word === '') || found.some((number) => !Number.isFinite(number)) ? null : found;
}
