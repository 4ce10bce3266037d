import { badQuantile } from '../annotations.ts';
import type { CallNode } from '../ast.ts';
import type { Bucket } from '../buckets.ts';
import { bucketFraction, bucketQuantile } from '../buckets.ts';
import type { Context } from '../context.ts';
import { formatShort } from '../format.ts';
import type { Labels } from '../labels.ts';
import { dropLabels, dropMetricName, labelValue, signatureOf, withLabel } from '../labels.ts';
import type { Row, VectorValue } from '../value.ts';
import { put, RowSet } from '../value.ts';
import { scalarArgument, stringArgument, vectorArgument } from './arguments.ts';
import type { FunctionTable, WholeFunction } from './definition.ts';

/** A classic histogram: the series that differ in `le` alone, in order of their bounds. */
interface Histogram {
  readonly labels: Labels;
  readonly members: { readonly upper: number; readonly row: Row }[];
}

const BOUND: ReadonlySet<string> = new Set(['le']);

function histogramsOf(call: CallNode, index: number, context: Context): Histogram[] {
  const groups = new Map<string, Histogram>();
  for (const row of vectorArgument(call, index, context).rows) {
    const text = labelValue(row.labels, 'le');
    const upper = parseBound(text);
    if (upper === undefined) {
      const warning = `bucket label "le" is missing or has a malformed value of ${JSON.stringify(text)}`;
      context.annotations.warn(warning, call.args[index]!.at);
      continue;
    }
    const labels = dropLabels(row.labels, BOUND);
    const signature = signatureOf(labels);
    const group = groups.get(signature) ?? { labels, members: [] };
    group.members.push({ upper, row });
    groups.set(signature, group);
  }
  for (const { members } of groups.values()) members.sort((a, b) => a.upper - b.upper);
  return [...groups.values()];
}

/** Gives each histogram, at each step where it has buckets, one value. */
function overHistograms(
  histograms: readonly Histogram[],
  context: Context,
  set: RowSet,
  labelsOf: (labels: Labels) => Labels,
  of: (step: number, buckets: readonly Bucket[]) => number,
): void {
  for (const { labels, members } of histograms) {
    const to = set.row(labelsOf(dropMetricName(labels)));
    for (let i = 0; i < context.steps.length; i++) {
      if ((i & 15) === 0) context.budget.check();
      const buckets: Bucket[] = [];
      for (const { upper, row } of members) if (row.present[i] === 1) buckets.push({ upper, count: row.values[i]! });
      if (buckets.length > 0) put(to, i, of(i, buckets));
    }
  }
}

function rowSet(context: Context): RowSet {
  return new RowSet(context.steps.length, (samples) => context.budget.charge(samples));
}

function noteQuantiles(quantiles: Float64Array, at: number, context: Context): void {
  for (const quantile of new Set(quantiles)) {
    const warning = badQuantile(quantile);
    if (warning !== undefined) context.annotations.warn(warning, at);
  }
}

/** The quantile at a step, with a note where counts had to be lifted. */
function quantileAt(quantiles: Float64Array, at: number, context: Context) {
  return (step: number, buckets: readonly Bucket[]) =>
    bucketQuantile(quantiles[step]!, buckets, ({ lowest, highest, most }) =>
      context.annotations.lifted(at, context.steps[step]!, lowest, highest, most),
    );
}

function histogramQuantile(call: CallNode, context: Context): VectorValue {
  const quantiles = scalarArgument(call, 0, context);
  noteQuantiles(quantiles, call.args[0]!.at, context);
  const set = rowSet(context);
  const histograms = histogramsOf(call, 1, context);
  overHistograms(histograms, context, set, (labels) => labels, quantileAt(quantiles, call.args[1]!.at, context));
  return { type: 'vector', rows: set.rows() };
}

/** histogram_quantiles(v, "label", 0.5, 0.9): several at once, told apart by the label. */
function histogramQuantiles(call: CallNode, context: Context): VectorValue {
  const histograms = histogramsOf(call, 0, context);
  const label = stringArgument(call, 1);
  const set = rowSet(context);
  for (let argument = 2; argument < call.args.length; argument++) {
    const quantiles = scalarArgument(call, argument, context);
    noteQuantiles(quantiles, call.args[argument]!.at, context);
    for (const quantile of new Set(quantiles)) {
      const named = (labels: Labels) => withLabel(labels, label, exposed(quantile));
      const only = quantileAt(quantiles, call.args[0]!.at, context);
      for (const histogram of histograms) {
        // A quantile that changes from step to step gives a series for each of its values.
        const members = histogram.members.map(({ upper, row }) => ({
          upper,
          row: { ...row, present: row.present.map((present, i) => (same(quantiles[i]!, quantile) ? present : 0)) },
        }));
        overHistograms([{ ...histogram, members }], context, set, named, only);
      }
    }
  }
  return { type: 'vector', rows: set.rows() };
}

function same(a: number, b: number): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}

/** As OpenMetrics writes a number: 1.0, 0.95, +Inf. */
function exposed(value: number): string {
  const text = formatShort(value, 21);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function histogramFraction(call: CallNode, context: Context): VectorValue {
  const lower = scalarArgument(call, 0, context);
  const upper = scalarArgument(call, 1, context);
  const set = rowSet(context);
  const histograms = histogramsOf(call, 2, context);
  const fraction = (i: number, buckets: readonly Bucket[]) => bucketFraction(lower[i]!, upper[i]!, buckets);
  overHistograms(histograms, context, set, (labels) => labels, fraction);
  return { type: 'vector', rows: set.rows() };
}

/** A number as Go's ParseFloat takes it, of the forms exposition has; undefined: the series is no bucket. */
function parseBound(text: string): number | undefined {
  if (/^[+-]?(?:inf|infinity)$/i.test(text)) {
    return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** Of native histograms, which are not kept here: a number is none, so there is nothing to give. */
const NATIVE: WholeFunction = {
  kind: 'whole',
  args: ['vector'],
  returns: 'vector',
  whole: (call, context) => {
    vectorArgument(call, 0, context);
    return { type: 'vector', rows: [] };
  },
};

export const HISTOGRAM_FUNCTIONS: FunctionTable = {
  histogram_quantile: { kind: 'whole', args: ['scalar', 'vector'], returns: 'vector', whole: histogramQuantile },
  histogram_quantiles: {
    kind: 'whole',
    args: ['vector', 'string', 'scalar', 'scalar'],
    optional: 1,
    variadic: true,
    most: 12,
    returns: 'vector',
    whole: histogramQuantiles,
  },
  histogram_fraction: {
    kind: 'whole',
    args: ['scalar', 'scalar', 'vector'],
    returns: 'vector',
    whole: histogramFraction,
  },
  histogram_count: NATIVE,
  histogram_sum: NATIVE,
  histogram_avg: NATIVE,
  histogram_stddev: NATIVE,
  histogram_stdvar: NATIVE,
  // Start timestamps do not travel with the samples either.
  start_timestamp: NATIVE,
};

/** Whether a function needs what is not kept, and so gives nothing. */
export function isNative(name: string): boolean {
  return HISTOGRAM_FUNCTIONS[name] === NATIVE;
}
