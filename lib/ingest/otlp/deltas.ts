import { heapShare } from '../../heap-share.ts';
import type { Label } from '../batch.ts';
import { coarsen, fittingScale, type ScaledCounts, scaledOf } from './exponential.ts';
import type { ExponentialPoint } from './messages.ts';

interface Sum {
  value: number;
  time: number;
}

/** An exponential histogram summed up over its deltas. */
export interface ExponentialSum {
  readonly count: number;
  readonly sum: number;
  readonly zeroCount: number;
  readonly zeroThreshold: number;
  readonly positive: ScaledCounts;
  readonly negative: ScaledCounts;
  readonly time: number;
}

export type Undo = () => void;

const MOST = heapShare(8000, 500_000);
/** Characters of all keys. */
const MOST_CHARACTERS = heapShare(32, 128 << 20);
/** What a histogram's buckets count beside. */
const HISTOGRAM = 2000;
/** Where there is no more room, series without a point for so long make some, in ms. They begin anew if they come again. */
const IDLE_MS = 3_600_000;
const SWEEP_EVERY_MS = 60_000;

/**
 * Sums of delta points since this process began, by series. A point that is not newer than the last of its series is not
 * taken: it is late, or it came before. Every step can be taken back, for a batch that is not stored.
 */
export class Deltas {
  readonly #sums = new Map<string, Sum>();
  readonly #exponential = new Map<string, ExponentialSum>();
  readonly #most: number;
  #characters = 0;
  #sweepFrom = 0;

  /** `most`: series of a kind that are summed up at a time. */
  constructor(most = MOST) {
    this.#most = most;
  }

  /** The series under which a sum is kept: one client's are not another's. */
  static key(client: string, name: string, labels: readonly Label[]): string {
    const sorted = [...labels].sort(([a], [b]) => (a < b ? -1 : 1));
    // With their lengths, as any character may stand in a value.
    let key = `${client.length},${name.length}:${client}${name}`;
    for (const [label, value] of sorted) key += `${label.length},${value.length}:${label}${value}`;
    return key;
  }

  /** The sum with `value`; 'late', or 'full' when no more series can be summed up. */
  add(key: string, time: number, value: number, undo: Undo[]): number | 'late' | 'full' {
    const sum = this.#sums.get(key);
    if (sum === undefined) {
      if (!this.#room(this.#sums, time, key.length)) return 'full';
      this.#sums.set(key, { value, time });
      this.#characters += key.length;
      undo.push(() => this.#forget(this.#sums, key, 0));
      return value;
    }
    if (time <= sum.time) return 'late';
    const before = sum.time;
    sum.time = time;
    sum.value += value;
    undo.push(() => {
      sum.value -= value;
      if (sum.time === time) sum.time = before;
    });
    return sum.value;
  }

  addExponential(key: string, time: number, point: ExponentialPoint, undo: Undo[]): ExponentialSum | 'late' | 'full' {
    const before = this.#exponential.get(key);
    if (before === undefined && !this.#room(this.#exponential, time, key.length + HISTOGRAM)) return 'full';
    if (before !== undefined && time <= before.time) return 'late';
    const sum: ExponentialSum = {
      count: (before?.count ?? 0) + point.count,
      sum: (before?.sum ?? 0) + point.sum,
      zeroCount: (before?.zeroCount ?? 0) + point.zeroCount,
      zeroThreshold: Math.max(before?.zeroThreshold ?? 0, point.zeroThreshold),
      positive: add(before?.positive, scaledOf(point.positive, point.scale)),
      negative: add(before?.negative, scaledOf(point.negative, point.scale)),
      time,
    };
    this.#exponential.set(key, sum);
    if (before === undefined) this.#characters += key.length + HISTOGRAM;
    undo.push(() => {
      // One that came in between has this one in it, and stays: it was answered for.
      if (this.#exponential.get(key) !== sum) return;
      if (before) this.#exponential.set(key, before);
      else this.#forget(this.#exponential, key, HISTOGRAM);
    });
    return sum;
  }

  #room(sums: Map<string, { readonly time: number }>, time: number, characters: number): boolean {
    const isThere = () => sums.size < this.#most && this.#characters + characters <= MOST_CHARACTERS;
    if (isThere()) return true;
    if (time < this.#sweepFrom) return false;
    this.#sweepFrom = time + SWEEP_EVERY_MS;
    for (const [key, sum] of this.#sums) if (sum.time < time - IDLE_MS) this.#forget(this.#sums, key, 0);
    for (const [key, sum] of this.#exponential) {
      if (sum.time < time - IDLE_MS) this.#forget(this.#exponential, key, HISTOGRAM);
    }
    return isThere();
  }

  #forget(sums: Map<string, unknown>, key: string, beside: number): void {
    if (sums.delete(key)) this.#characters -= key.length + beside;
  }
}

/** Two sides on the coarser of their grids; never finer than what is shown. */
function add(a: ScaledCounts | undefined, b: ScaledCounts): ScaledCounts {
  if (a === undefined) return coarsen(b, fittingScale(b));
  const scale = Math.min(a.counts.size === 0 ? Number.POSITIVE_INFINITY : a.scale, fittingScale(b));
  const left = coarsen(a, scale);
  const counts = new Map(left.counts);
  for (const [index, count] of coarsen(b, scale).counts) counts.set(index, (counts.get(index) ?? 0) + count);
  return { scale, counts };
}
