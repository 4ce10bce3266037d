import type { Group } from './aggregate.ts';
import type { Context } from './context.ts';
import { executionError } from './errors.ts';
import { formatShort } from './format.ts';
import { hashOfLabels } from './label-hash.ts';
import type { Row } from './value.ts';

/** topk and bottomk: the series themselves, at the steps where they are among the k. An instant query's come in order of value. */
export function selectTop(groups: readonly Group[], top: boolean, parameters: Float64Array, context: Context): Row[] {
  if (!limitsWanted(parameters)) return [];
  return selectSteps(groups, context, (members, i) => topOf(members, i, Math.trunc(parameters[i]!), top));
}

/** limitk: the first k series of each group, in order of labels. */
export function selectFirst(groups: readonly Group[], parameters: Float64Array, context: Context): Row[] {
  if (!limitsWanted(parameters)) return [];
  return selectSteps(groups, context, (members, i) => {
    const limit = Math.trunc(parameters[i]!);
    return limit < 1 ? [] : members.filter((row) => row.present[i] === 1).slice(0, limit);
  });
}

/** limit_ratio: the series whose hash lies in the first part of all hashes, or, for a negative ratio, in the last one. */
export function selectRatio(groups: readonly Group[], parameters: Float64Array, context: Context, at: number): Row[] {
  const [least, most] = [Math.min(...parameters), Math.max(...parameters)];
  if (least === 0 && most === 0) return [];
  if (parameters.some(Number.isNaN)) throw executionError('Ratio value is NaN');
  for (const [value, bound] of [
    [most, 1],
    [least, -1],
  ] as const) {
    if (bound > 0 ? value <= bound : value >= bound) continue;
    context.annotations.warn(
      `ratio value should be between -1 and 1, got ${formatShort(value)}, capping to ${bound}`,
      at,
    );
  }
  const places = new Map<Row, number>();
  const place = (row: Row) => {
    context.budget.check();
    const known = places.get(row) ?? Number(hashOfLabels(row.labels)) / 2 ** 64;
    places.set(row, known);
    return known;
  };
  return selectSteps(groups, context, (members, i) => {
    const ratio = Math.min(1, Math.max(-1, parameters[i]!));
    if (ratio === 0) return [];
    return members.filter((row) => row.present[i] === 1 && (ratio > 0 ? place(row) < ratio : place(row) >= 1 + ratio));
  });
}

function selectSteps(
  groups: readonly Group[],
  context: Context,
  choose: (members: readonly Row[], step: number) => Row[],
): Row[] {
  const steps = context.steps.length;
  const result: Row[] = [];
  for (const { members } of groups) {
    const chosen = new Map<Row, Row>();
    for (let i = 0; i < steps; i++) {
      if ((i & 15) === 0) context.budget.check();
      for (const row of choose(members, i)) {
        let kept = chosen.get(row);
        if (kept === undefined) {
          context.budget.charge(steps);
          kept = { labels: row.labels, values: new Float64Array(steps), present: new Uint8Array(steps) };
          chosen.set(row, kept);
        }
        kept.values[i] = row.values[i]!;
        kept.present[i] = 1;
      }
    }
    result.push(...chosen.values());
  }
  return result;
}

/** Is anything asked for at any step? Throws for what fits in no integer, whatever there is to choose from. */
function limitsWanted(parameters: Float64Array): boolean {
  let most = Number.NEGATIVE_INFINITY;
  let least = Number.POSITIVE_INFINITY;
  for (const parameter of parameters) {
    most = Math.max(most, parameter);
    least = Math.min(least, parameter);
  }
  if (most < 1) return false;
  if (Number.isNaN(most)) throw executionError('Parameter value is NaN');
  if (least <= -(2 ** 63)) throw executionError(`Scalar value ${formatShort(least)} underflows int64`);
  if (most >= 2 ** 63) throw executionError(`Scalar value ${formatShort(most)} overflows int64`);
  return true;
}

/** As Prometheus' engine chooses, with Go's container/heap: whom of equal values it keeps is up to where they stand in the heap. */
function topOf(members: readonly Row[], step: number, limit: number, top: boolean): Row[] {
  if (limit < 1) return [];
  const value = (row: Row) => row.values[step]!;
  // What goes first; NaN does before all.
  const less = (a: Row, b: Row) => Number.isNaN(value(a)) || (top ? value(a) < value(b) : value(a) > value(b));
  const heap: Row[] = [];
  for (const row of members) {
    if (row.present[step] !== 1) continue;
    if (heap.length < limit) {
      heap.push(row);
      siftUp(heap, less);
    } else if (Number.isNaN(value(heap[0]!)) ? !Number.isNaN(value(row)) : less(heap[0]!, row)) {
      heap[0] = row;
      siftDown(heap, less);
    }
  }
  return heap.sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    return x === y ? 0 : x < y === top ? 1 : -1;
  });
}

/** Brings the last up to its place. */
function siftUp(heap: Row[], less: (a: Row, b: Row) => boolean): void {
  for (let at = heap.length - 1; at > 0; ) {
    const parent = (at - 1) >> 1;
    if (!less(heap[at]!, heap[parent]!)) return;
    [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
    at = parent;
  }
}

/** Brings the first down to its place. */
function siftDown(heap: Row[], less: (a: Row, b: Row) => boolean): void {
  for (let at = 0; ; ) {
    let child = 2 * at + 1;
    if (child >= heap.length) return;
    if (child + 1 < heap.length && less(heap[child + 1]!, heap[child]!)) child++;
    if (!less(heap[child]!, heap[at]!)) return;
    [heap[at], heap[child]] = [heap[child]!, heap[at]!];
    at = child;
  }
}
