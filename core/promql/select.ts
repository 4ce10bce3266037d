import type { SeriesSamples } from '../ports/metric-store.ts';
import type { MatrixNode, SelectorNode, SubqueryNode } from './ast.ts';
import type { Context } from './context.ts';
import { referenceTimes } from './context.ts';
import type { Labels } from './labels.ts';
import { compareLabels, labelsOf } from './labels.ts';
import { selectorKey } from './repeated.ts';
import { staleness, withoutStale } from './stale.ts';
import type { Row } from './value.ts';

/** Raw samples of one series, and the windows (from, to] a range function looks at, one a step. */
export interface MatrixSeries {
  readonly labels: Labels;
  readonly times: Float64Array;
  readonly values: Float64Array;
}
export interface Matrix {
  readonly series: MatrixSeries[];
  /** End of each step's window; its start is `range` ms before. */
  readonly ends: Float64Array;
  readonly range: number;
}

interface Selected {
  readonly labels: Labels;
  readonly samples: SeriesSamples;
}

/**
 * The series of a selector, each with its samples, as they are read: once for each selector of a query, whatever the number of steps.
 * A series counts as held until the next is asked for, or for good where the selector stands in the query again.
 * @param back ms to read before the first time
 * @param ahead ms to read after the last one
 */
function* select(
  context: Context,
  node: SelectorNode,
  references: Float64Array,
  back: number,
  ahead = 0,
): Generator<Selected, void, undefined> {
  if (references.length === 0) return;
  const { source, budget, repeated } = context;
  const from = references[0]! - back;
  const again = repeated.has(selectorKey(node.matchers));
  for (const samples of source.select(node.matchers, from, references[references.length - 1]! + ahead, again)) {
    budget.charge(samples.times.length);
    yield { labels: labelsOf(samples.labels), samples };
    if (!again) budget.release(samples.times.length);
  }
}

/** In order of labels, so that sums are repeatable. */
function inOrder<T extends { readonly labels: Labels }>(series: T[]): T[] {
  return series.sort((a, b) => compareLabels(a.labels, b.labels));
}

/** An instant vector: at each step the newest sample of the last `lookback`, unless it says that the series ended. */
export function selectVector(context: Context, node: SelectorNode, wanted: 'value' | 'time' = 'value'): Row[] {
  const references = referenceTimes(context, node.offset, node.pin);
  if (node.edges === 'smoothed') return selectSmoothed(context, node, references, wanted);
  const rows: Row[] = [];
  for (const { labels, samples } of select(context, node, references, context.lookback)) {
    context.budget.charge(references.length);
    const { times, values } = samples;
    const isStale = staleness(values);
    const row = { labels, values: new Float64Array(references.length), present: new Uint8Array(references.length) };
    let next = 0;
    let any = false;
    for (let i = 0; i < references.length; i++) {
      const reference = references[i]!;
      while (next < times.length && times[next]! <= reference) next++;
      const at = next - 1;
      if (at < 0 || times[at]! <= reference - context.lookback) continue;
      const value = values[at]!;
      if (Number.isNaN(value) && isStale(at)) continue;
      row.values[i] = wanted === 'value' ? value : times[at]! / 1000;
      row.present[i] = 1;
      any = true;
    }
    if (any) rows.push(row);
    else context.budget.release(references.length);
  }
  return inOrder(rows);
}

/**
 * The windows of a range function: `visit` is called once a series, which counts as held only meanwhile.
 * @returns what it gave back, in order of the series' labels
 */
export function eachOfMatrix<T>(
  context: Context,
  node: MatrixNode | SubqueryNode,
  visit: (series: MatrixSeries, window: Pick<Matrix, 'ends' | 'range'>) => T,
): T[] {
  if (node.kind === 'subquery') {
    const { series, ends, range } = selectSubquery(context, node);
    return series.map((one) => visit(one, { ends, range }));
  }
  const { selector, range } = node;
  const ends = referenceTimes(context, selector.offset, selector.pin);
  const { back, ahead } = reach(selector, context);
  const found: { labels: Labels; made: T }[] = [];
  for (const { labels, samples } of select(context, selector, ends, range + back, ahead)) {
    found.push({ labels, made: visit({ labels, ...withoutStale(samples) }, { ends, range }) });
  }
  return inOrder(found).map(({ made }) => made);
}

/** All at once, for an answer that is the samples themselves. */
export function selectMatrix(context: Context, node: MatrixNode | SubqueryNode): Matrix {
  if (node.kind === 'subquery') return selectSubquery(context, node);
  const ends = referenceTimes(context, node.selector.offset, node.selector.pin);
  const series = eachOfMatrix(context, node, (one) => {
    context.budget.charge(one.times.length);
    return one;
  });
  return { series, ends, range: node.range };
}

/** How far beyond a range's edges its samples are read, in ms. */
export function reach({ edges }: SelectorNode, { lookback }: Context): { back: number; ahead: number } {
  return { back: edges === undefined ? 0 : lookback, ahead: edges === 'smoothed' ? lookback : 0 };
}

/** Under `smoothed`: at each step the point on the line between the samples around it; the nearest one where there is but one. */
function selectSmoothed(
  context: Context,
  node: SelectorNode,
  references: Float64Array,
  wanted: 'value' | 'time',
): Row[] {
  const rows: Row[] = [];
  for (const { labels, samples } of select(context, node, references, context.lookback, context.lookback)) {
    context.budget.charge(references.length);
    const { times, values } = withoutStale(samples);
    const row = { labels, values: new Float64Array(references.length), present: new Uint8Array(references.length) };
    let next = 0;
    for (let i = 0; i < references.length; i++) {
      const reference = references[i]!;
      while (next < times.length && times[next]! <= reference) next++;
      const before = next > 0 && times[next - 1]! > reference - context.lookback ? next - 1 : undefined;
      const after = next < times.length && times[next]! <= reference + context.lookback ? next : undefined;
      if (before === undefined) continue;
      row.present[i] = 1;
      if (wanted === 'time') row.values[i] = context.steps[i]! / 1000;
      else if (after === undefined || times[before] === reference) row.values[i] = values[before]!;
      else {
        const part = (reference - times[before]!) / (times[after]! - times[before]!);
        row.values[i] = values[before]! + (values[after]! - values[before]!) * part;
      }
    }
    if (row.present.includes(1)) rows.push(row);
    else context.budget.release(references.length);
  }
  return inOrder(rows);
}

/** The inner expression at absolute multiples of the resolution within (first end - range, last end]. */
function selectSubquery(context: Context, node: SubqueryNode): Matrix {
  const ends = referenceTimes(context, node.offset, node.pin);
  const step = node.step ?? context.subqueryStep;
  const from = ends[0]! - node.range;
  const to = ends[ends.length - 1]!;
  let first = Math.trunc(from / step) * step;
  if (first <= from) first += step;
  const count = Math.max(0, Math.floor((to - first) / step) + 1);
  context.budget.charge(count);
  const steps = new Float64Array(count);
  for (let i = 0; i < count; i++) steps[i] = first + i * step;
  if (count === 0) return { series: [], ends, range: node.range };
  const value = context.evaluate(node.inner, { ...context, steps, until: to, step });
  if (value.type === 'string') return { series: [], ends, range: node.range };
  if (value.type === 'scalar') {
    return { series: [{ labels: [], times: steps, values: value.values }], ends, range: node.range };
  }
  const series = value.rows.map((row) => ({
    labels: row.labels,
    times: steps.filter((_, i) => row.present[i] === 1),
    values: row.values.filter((_, i) => row.present[i] === 1),
  }));
  return { series, ends, range: node.range };
}
