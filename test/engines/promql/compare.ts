import type { QueryData } from '../../../core/ports/metric-store.ts';
import type { Notes } from '../../../core/promql/annotations.ts';

/** `notes` where the engine gives them. */
export type Answer = { readonly data: QueryData; readonly notes?: Notes } | { readonly error: string };

/** Numbers that agree to this part of the larger are equal. */
const TOLERANCE = 1e-9;
/**
 * A deviation depends on the order of series, which is by chance in Prometheus' range queries; and Go's log2 is exact to 1e-16
 * of 1 only, however small the logarithm.
 */
const LOOSE = 1e-5;

/** The first difference of two answers to a query in words, or undefined. */
export function difference(text: string, ours: Answer, theirs: Answer): string | undefined {
  const tolerance = /stddev|stdvar|log2/.test(text) ? LOOSE : TOLERANCE;
  if ('error' in ours || 'error' in theirs) {
    if ('error' in ours && 'error' in theirs) return undefined;
    return 'error' in ours
      ? `only we refuse: ${ours.error}`
      : `only they refuse: ${'error' in theirs ? theirs.error : ''}`;
  }
  const noted = notesDiffer(ours.notes, theirs.notes);
  if (noted !== undefined) return noted;
  const [a, b] = [ours.data, theirs.data];
  if (a.resultType !== b.resultType) return `${a.resultType} against ${b.resultType}`;
  if (a.resultType === 'scalar' || a.resultType === 'string') {
    return b.resultType === 'scalar' || b.resultType === 'string' ? point(a.result, b.result, tolerance) : 'no scalar';
  }
  if (b.resultType === 'scalar' || b.resultType === 'string') return 'a scalar or string';
  const left = points(a);
  const right = points(b);
  for (const [key, values] of left) {
    const others = right.get(key);
    if (others === undefined) return `only we have ${key}`;
    if (values.length !== others.length) return `${key}: ${values.length} points against ${others.length}`;
    for (const [i, value] of values.entries()) {
      const found = point(value, others[i]!, tolerance);
      if (found !== undefined) return `${key}: ${found}`;
    }
  }
  // The order of other sorts depends on how equal values are taken.
  if (/^sort_by_label/.test(text) && a.resultType === 'vector') {
    const [first, second] = [[...left.keys()].join(' '), [...right.keys()].join(' ')];
    if (first !== second) return `order ${first} against ${second}`;
  }
  for (const key of right.keys()) if (!left.has(key)) return `only they have ${key}`;
  return undefined;
}

function notesDiffer(ours: Notes | undefined, theirs: Notes | undefined): string | undefined {
  if (ours === undefined || theirs === undefined) return undefined;
  // Prometheus counts a sample again with every step that comes after it.
  const uncounted = ({ warnings, infos }: Notes) =>
    JSON.stringify({ warnings, infos }).replaceAll(/over \d+ samples/g, 'over some samples');
  const [a, b] = [uncounted(ours), uncounted(theirs)];
  return a === b ? undefined : `notes ${a} against ${b}`;
}

/** Do both have the very same text of every value? */
export function identical(ours: Answer, theirs: Answer): boolean {
  if (!('data' in ours && 'data' in theirs)) return true;
  const text = (data: QueryData) =>
    JSON.stringify(
      data.resultType === 'vector' || data.resultType === 'matrix'
        ? [...points(data)].sort(([a], [b]) => (a < b ? -1 : 1))
        : data,
    );
  return text(ours.data) === text(theirs.data);
}

type Pair = readonly [number, string];

function points(data: Extract<QueryData, { resultType: 'vector' | 'matrix' }>): Map<string, readonly Pair[]> {
  const all = new Map<string, readonly Pair[]>();
  for (const series of data.result) {
    const key = JSON.stringify(Object.entries(series.metric).sort(([a], [b]) => (a < b ? -1 : 1)));
    all.set(key, 'value' in series ? [series.value] : series.values);
  }
  return all;
}

function point(ours: Pair, theirs: Pair, tolerance: number): string | undefined {
  if (Math.abs(ours[0] - theirs[0]) > 1e-6) return `time ${ours[0]} against ${theirs[0]}`;
  if (ours[1] === theirs[1]) return undefined;
  const [a, b] = [number(ours[1]), number(theirs[1])];
  if (Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b))) return undefined;
  // What is left of a difference of equal numbers.
  if (Math.abs(a - b) < 1e-12) return undefined;
  return `${ours[1]} against ${theirs[1]} at ${ours[0]}`;
}

function number(text: string): number {
  return text === '+Inf' ? Number.POSITIVE_INFINITY : text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}
