import type { Clock } from '../../lib/clock.ts';
import { systemClock } from '../../lib/clock.ts';
import { HeliographError } from '../../lib/errors.ts';
import { queryError } from '../../lib/promql/query-error.ts';
import type { QueryData, QueryOptions, SamplePair } from '../ports/metric-store.ts';
import { Annotations } from './annotations.ts';
import type { Node, ValueType } from './ast.ts';
import { unwrap } from './ast.ts';
import { Budget } from './budget.ts';
import { checkTypes } from './check.ts';
import type { Context } from './context.ts';
import { evaluateNode } from './evaluator.ts';
import { formatValue } from './format.ts';
import { edgesOf } from './functions/extended.ts';
import { compareLabels, recordOf } from './labels.ts';
import { parseQuery } from './parse.ts';
import type { Timing } from './parse-duration.ts';
import { repeatedSelectors } from './repeated.ts';
import { selectMatrix } from './select.ts';
import type { SeriesSource } from './source.ts';

/** Prometheus' own bound on the steps of one answer (its API divides the range by the step, so the points may be one more). */
const MAX_POINTS = 11_000;

/** Prometheus' evaluation interval, the resolution of a subquery that states none. */
const DEFAULT_RESOLUTION = 60_000;

/** QueryData whose series are made when they are asked for, once. */
export type QueryStream =
  | { resultType: 'vector'; result: Iterable<{ metric: Record<string, string>; value: SamplePair }> }
  | { resultType: 'matrix'; result: Iterable<{ metric: Record<string, string>; values: SamplePair[] }> }
  | Extract<QueryData, { resultType: 'scalar' | 'string' }>;

/**
 * A query at one time. Semantics are Prometheus 3's; docs/promql.md says what is supported.
 * @param timeMs ms since the epoch
 * @param clock for the timeout; only `mono` is read
 * @param annotations gets what there is to say about the answer
 * @returns Prometheus' JSON `data`: vector, scalar, string, or matrix for a bare range selector
 * @throws HeliographError HG_QUERY_SYNTAX, _TYPE, _REGEX, _RANGE, _LIMIT, _TIMEOUT, _EXECUTION
 */
export function evaluateInstant(
  expression: string,
  timeMs: number,
  source: SeriesSource,
  options: QueryOptions,
  clock: Clock = systemClock,
  annotations: Annotations = new Annotations(),
): QueryData {
  return gathered(streamInstant(expression, timeMs, source, options, clock, annotations));
}

/** evaluateInstant, its answer not yet put together. */
export function streamInstant(
  expression: string,
  timeMs: number,
  source: SeriesSource,
  options: QueryOptions,
  clock: Clock = systemClock,
  annotations: Annotations = new Annotations(),
): QueryStream {
  if (!Number.isSafeInteger(timeMs)) throw badRange(`the time ${timeMs} is no whole number of ms`);
  const { node } = prepare(expression, { step: 0, range: 0 });
  const context = contextOf(node, Float64Array.of(timeMs), timeMs, 0, source, options, clock, annotations);
  const seconds = timeMs / 1000;
  const outer = unwrap(node);
  if (outer.kind === 'matrix' || outer.kind === 'subquery') return rawMatrix(outer, context);
  const value = evaluateNode(node, context);
  if (value.type === 'string') return { resultType: 'string', result: [seconds, value.value] };
  if (value.type === 'scalar') return { resultType: 'scalar', result: [seconds, formatValue(value.values[0]!)] };
  return {
    resultType: 'vector',
    result: each(value.rows, (row) => ({
      metric: recordOf(row.labels),
      value: [seconds, formatValue(row.values[0]!)],
    })),
  };
}

/**
 * A query at startMs, startMs + stepMs, ... up to endMs. The series of the answer are in order of their labels.
 * @throws as evaluateInstant
 */
export function evaluateRange(
  expression: string,
  startMs: number,
  endMs: number,
  stepMs: number,
  source: SeriesSource,
  options: QueryOptions,
  clock: Clock = systemClock,
  annotations: Annotations = new Annotations(),
): QueryData {
  return gathered(streamRange(expression, startMs, endMs, stepMs, source, options, clock, annotations));
}

/** evaluateRange, its answer not yet put together. */
export function streamRange(
  expression: string,
  startMs: number,
  endMs: number,
  stepMs: number,
  source: SeriesSource,
  options: QueryOptions,
  clock: Clock = systemClock,
  annotations: Annotations = new Annotations(),
): QueryStream {
  for (const time of [startMs, endMs, stepMs]) {
    if (!Number.isSafeInteger(time)) throw badRange(`${time} is no whole number of ms`);
  }
  if (stepMs <= 0)
    throw badRange('zero or negative query resolution step widths are not accepted. Try a positive integer');
  if (endMs < startMs) throw badRange('end timestamp must not be before start time');
  const count = Math.floor((endMs - startMs) / stepMs) + 1;
  if (count - 1 > MAX_POINTS) {
    throw new HeliographError(
      'HG_QUERY_LIMIT',
      `exceeded maximum resolution of ${MAX_POINTS} points per timeseries. Try decreasing the query resolution (?step=XX)`,
      { points: count, limit: MAX_POINTS },
    );
  }
  const { node, type } = prepare(expression, { step: stepMs, range: endMs - startMs });
  if (type !== 'scalar' && type !== 'vector') {
    const words = type === 'matrix' ? 'range vector' : 'string';
    throw queryError(
      'HG_QUERY_TYPE',
      expression,
      node.at,
      `invalid expression type "${words}" for range query, must be Scalar or instant Vector`,
    );
  }
  const steps = new Float64Array(count);
  for (let i = 0; i < count; i++) steps[i] = startMs + i * stepMs;
  const context = contextOf(node, steps, endMs, stepMs, source, options, clock, annotations);
  const value = evaluateNode(node, context);
  if (value.type === 'string') return { resultType: 'matrix', result: [] };
  if (value.type === 'scalar') {
    const values = Array.from(value.values, (v, i): SamplePair => [steps[i]! / 1000, formatValue(v)]);
    return { resultType: 'matrix', result: [{ metric: {}, values }] };
  }
  const rows = value.rows.sort((a, b) => compareLabels(a.labels, b.labels));
  return {
    resultType: 'matrix',
    result: each(rows, ({ labels, values, present }) => {
      const pairs: SamplePair[] = [];
      for (let i = 0; i < present.length; i++) {
        if (present[i] === 1) pairs.push([steps[i]! / 1000, formatValue(values[i]!)]);
      }
      return { metric: recordOf(labels), values: pairs };
    }),
  };
}

/** Each series as text would take many times what it takes as numbers, so they are made one by one. */
function* each<T, R>(items: Iterable<T>, make: (item: T) => R): Generator<R> {
  for (const item of items) yield make(item);
}

function gathered(stream: QueryStream): QueryData {
  if (stream.resultType === 'vector') return { resultType: 'vector', result: [...stream.result] };
  if (stream.resultType === 'matrix') return { resultType: 'matrix', result: [...stream.result] };
  return stream;
}

function prepare(expression: string, timing: Timing): { node: Node; type: ValueType } {
  const node = parseQuery(expression, timing);
  return { node, type: checkTypes(node, expression) };
}

function contextOf(
  query: Node,
  steps: Float64Array,
  end: number,
  step: number,
  source: SeriesSource,
  options: QueryOptions,
  clock: Clock,
  annotations: Annotations,
): Context {
  const start = steps[0]!;
  return {
    steps,
    until: end,
    step,
    queryStep: start === end ? 0 : step,
    annotations,
    start,
    end,
    source,
    repeated: repeatedSelectors(query),
    lookback: options.lookbackMs,
    subqueryStep: options.subqueryStepMs ?? DEFAULT_RESOLUTION,
    budget: new Budget(options, clock),
    evaluate: evaluateNode,
  };
}

/** A range selector asked for by itself: the samples as they are stored. */
function rawMatrix(node: Parameters<typeof selectMatrix>[1], context: Context): QueryData {
  const { series, ends, range } = selectMatrix(context, node);
  const end = ends[0]!;
  const result: { metric: Record<string, string>; values: SamplePair[] }[] = [];
  const edges = node.kind === 'matrix' ? node.selector.edges : undefined;
  for (const { labels, ...samples } of series.sort((a, b) => compareLabels(a.labels, b.labels))) {
    const { times, values } = edges === undefined ? samples : extended(samples, end - range, end, edges, context);
    const pairs: SamplePair[] = [];
    for (let i = 0; i < times.length; i++) {
      const inside = edges !== undefined || (times[i]! > end - range && times[i]! <= end);
      if (inside) pairs.push([times[i]! / 1000, formatValue(values[i]!)]);
    }
    if (pairs.length > 0) result.push({ metric: recordOf(labels), values: pairs });
  }
  return { resultType: 'matrix', result };
}

/** The samples of a window and its values at both edges. */
function extended(
  { times, values }: { times: Float64Array; values: Float64Array },
  start: number,
  end: number,
  edges: 'anchored' | 'smoothed',
  { lookback }: Context,
): { times: number[]; values: number[] } {
  const from = times.findIndex((time) => time > start - lookback);
  const window = { times, values, from: from < 0 ? times.length : from, to: times.length, start, end, step: end };
  const found = edgesOf(window, edges === 'smoothed', false);
  if (found === undefined) return { times: [], values: [] };
  const [first, after] = [found.first, found.last + 1];
  return {
    times: [start, ...times.slice(first, Math.max(first, after)), end],
    values: [found.left, ...values.slice(first, Math.max(first, after)), found.right],
  };
}

function badRange(detail: string): HeliographError {
  return new HeliographError('HG_QUERY_RANGE', detail);
}
