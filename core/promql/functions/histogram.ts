import type { CallNode } from '../ast.ts';
import type { Context } from '../context.ts';
import type { Labels } from '../labels.ts';
import { dropLabels, labelValue, METRIC_NAME, signatureOf } from '../labels.ts';
import type { Row, VectorValue } from '../value.ts';
import { put, RowSet } from '../value.ts';
import { scalarArgument, vectorArgument } from './arguments.ts';
import type { EachFunction, FunctionTable } from './definition.ts';

interface Bucket {
  readonly upper: number;
  count: number;
}

const EXCLUDED: ReadonlySet<string> = new Set(['le', METRIC_NAME]);

/** Classic histograms: series that differ in `le` alone are one. `evaluate` gets the buckets of a step in ascending order. */
function overBuckets(
  call: CallNode,
  argument: number,
  context: Context,
  evaluate: (step: number, buckets: Bucket[]) => number,
): VectorValue {
  const groups = new Map<string, { labels: Labels; members: { upper: number; row: Row }[] }>();
  for (const row of vectorArgument(call, argument, context).rows) {
    const upper = parseBound(labelValue(row.labels, 'le'));
    if (upper === undefined) continue;
    const labels = dropLabels(row.labels, EXCLUDED);
    const signature = signatureOf(labels);
    const group = groups.get(signature) ?? { labels, members: [] };
    group.members.push({ upper, row });
    groups.set(signature, group);
  }
  const set = new RowSet(context.steps.length, (samples) => context.budget.charge(samples));
  for (const { labels, members } of groups.values()) {
    members.sort((a, b) => a.upper - b.upper);
    const to = set.row(labels);
    for (let i = 0; i < context.steps.length; i++) {
      if ((i & 15) === 0) context.budget.check();
      const buckets: Bucket[] = [];
      for (const { upper, row } of members) if (row.present[i] === 1) buckets.push({ upper, count: row.values[i]! });
      if (buckets.length > 0) put(to, i, evaluate(i, buckets));
    }
  }
  return { type: 'vector', rows: set.rows() };
}

function histogramQuantile(call: CallNode, context: Context): VectorValue {
  const quantiles = scalarArgument(call, 0, context);
  return overBuckets(call, 1, context, (step, buckets) => bucketQuantile(quantiles[step]!, buckets));
}

function histogramFraction(call: CallNode, context: Context): VectorValue {
  const [lower, upper] = [scalarArgument(call, 0, context), scalarArgument(call, 1, context)];
  return overBuckets(call, 2, context, (step, buckets) => bucketFraction(lower[step]!, upper[step]!, buckets));
}

/** A number as Go's ParseFloat takes it, of the forms exposition has; undefined: the series is no bucket. */
function parseBound(text: string): number | undefined {
  if (/^[+-]?(?:inf|infinity)$/i.test(text))
    return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined;
}

/** Linear within the bucket the rank falls into; buckets in ascending order. */
function bucketQuantile(quantile: number, all: readonly Bucket[]): number {
  if (Number.isNaN(quantile)) return Number.NaN;
  if (quantile < 0) return Number.NEGATIVE_INFINITY;
  if (quantile > 1) return Number.POSITIVE_INFINITY;
  if (all.at(-1)!.upper !== Number.POSITIVE_INFINITY) return Number.NaN;
  const buckets = merged(all);
  makeMonotonic(buckets);
  if (buckets.length < 2) return Number.NaN;
  const last = buckets.length - 1;
  const observations = buckets[last]!.count;
  if (observations === 0 || Number.isNaN(observations)) return Number.NaN;
  let rank = quantile * observations;
  let at = 0;
  while (at < last && !(buckets[at]!.count >= rank)) at++;
  if (at === last) return buckets[last - 1]!.upper;
  const end = buckets[at]!.upper;
  if (at === 0 && end <= 0) return end;
  let start = 0;
  let count = buckets[at]!.count;
  if (at > 0) {
    start = buckets[at - 1]!.upper;
    count -= buckets[at - 1]!.count;
    rank -= buckets[at - 1]!.count;
  }
  return start + (end - start) * (rank / count);
}

/** The share of observations between two values, each linear within its bucket. */
function bucketFraction(lower: number, upper: number, all: readonly Bucket[]): number {
  if (all.at(-1)!.upper !== Number.POSITIVE_INFINITY) return Number.NaN;
  const buckets = merged(all);
  makeMonotonic(buckets);
  const count = buckets.at(-1)!.count;
  if (count === 0 || Number.isNaN(count) || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN;
  if (lower >= upper) return 0;
  return (rankAt(upper, buckets) - rankAt(lower, buckets)) / count;
}

/** Observations up to a value. */
function rankAt(value: number, buckets: readonly Bucket[]): number {
  const count = buckets.at(-1)!.count;
  let rank = 0;
  let start = Number.NEGATIVE_INFINITY;
  for (const { upper: end, count: upTo } of buckets) {
    if (start >= value) return Math.min(rank, count);
    if (end > value) {
      // Within the first bucket, which has no lower bound, this is no number; so it is in Prometheus.
      const at = rank + (upTo - rank) * ((value - start) / (end - start));
      return at > count ? count : at;
    }
    rank = upTo;
    start = end;
  }
  return count;
}

/** Of native histograms, of which there are none here: plain numbers have no such value. */
const ofNative: EachFunction = { kind: 'each', args: ['vector'], each: () => undefined };

/** Buckets of one bound, written differently (1 and 1.0), are one. */
function merged(all: readonly Bucket[]): Bucket[] {
  const buckets: Bucket[] = [];
  for (const bucket of all) {
    const last = buckets.at(-1);
    if (last !== undefined && last.upper === bucket.upper) last.count += bucket.count;
    else buckets.push({ ...bucket });
  }
  return buckets;
}

/** Counts that fall from bucket to bucket, by rounding or by scrapes that raced, are lifted to the one before. */
function makeMonotonic(buckets: readonly Bucket[]): void {
  let previous = buckets[0]!.count;
  for (const bucket of buckets.slice(1)) {
    if (bucket.count < previous || nearlyEqual(previous, bucket.count)) bucket.count = previous;
    else previous = bucket.count;
  }
}

const TOLERANCE = 1e-12;
const LEAST_NORMAL = 2.2250738585072014e-308;

function nearlyEqual(a: number, b: number): boolean {
  if (a === b) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const apart = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < LEAST_NORMAL) return apart < TOLERANCE * LEAST_NORMAL;
  return apart / Math.min(sum, Number.MAX_VALUE) < TOLERANCE;
}

export const HISTOGRAM_FUNCTIONS: FunctionTable = {
  histogram_quantile: { kind: 'whole', args: ['scalar', 'vector'], returns: 'vector', whole: histogramQuantile },
  histogram_fraction: {
    kind: 'whole',
    args: ['scalar', 'scalar', 'vector'],
    returns: 'vector',
    whole: histogramFraction,
  },
  histogram_avg: ofNative,
  histogram_count: ofNative,
  histogram_sum: ofNative,
  histogram_stddev: ofNative,
  histogram_stdvar: ofNative,
};
