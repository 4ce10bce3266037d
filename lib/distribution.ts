import { addTo, type Compensated, startSum, sumOf } from './compensated.ts';
import { addValue, mergeSketch, type Sketch, startSketch } from './sketch.ts';

/**
 * What is kept of the values of one window so that those of several relays make one answer: a sketch for quantiles, the sum, and the exact count of each
 * bucket of a histogram. Plain data. Merging adds, in any order.
 */
export interface Distribution {
  readonly sketch: Sketch;
  readonly sum: Compensated;
  /** One more than bounds: what is above them all; empty where there are no bounds. */
  readonly buckets: number[];
}

/** What is made of a distribution. */
export interface DistributionPlan {
  /** From 0 to 1. */
  readonly quantiles: readonly number[];
  /** Of a histogram's buckets, ascending; empty: no histogram. */
  readonly bounds: readonly number[];
  /** Of PLAIN_RESULTS in window-part.ts. */
  readonly plain: readonly string[];
}

/** Whether a sketch or buckets are wanted of it, and not count, sum, least and greatest alone. */
export function isSketched({ quantiles, bounds }: DistributionPlan): boolean {
  return quantiles.length > 0 || bounds.length > 0;
}

/** @param bounds how many there are */
export function startDistribution(bounds: number): Distribution {
  const buckets = bounds === 0 ? [] : new Array<number>(bounds + 1).fill(0);
  return { sketch: startSketch(), sum: startSum(), buckets };
}

/** @param value any double but NaN @param bounds those that it was begun with */
export function addToDistribution(to: Distribution, value: number, bounds: readonly number[]): void {
  addValue(to.sketch, value);
  addTo(to.sum, value);
  if (bounds.length > 0) to.buckets[bucketOf(bounds, value)]!++;
}

/** The same where neither quantiles nor a histogram are wanted: nothing is kept but count, sum, least and greatest. */
export function addToSummary({ sketch, sum }: Distribution, value: number): void {
  sketch.count++;
  if (value < sketch.least) sketch.least = value;
  if (value > sketch.greatest) sketch.greatest = value;
  addTo(sum, value);
}

/** Adds what another has seen, of the same bounds. */
export function mergeDistribution(into: Distribution, from: Distribution): void {
  mergeSketch(into.sketch, from.sketch);
  addTo(into.sum, sumOf(from.sum));
  for (const [i, count] of from.buckets.entries()) into.buckets[i]! += count;
}

/** Whether the same is made of both. */
export function samePlan(a: DistributionPlan, b: DistributionPlan): boolean {
  const text = ({ quantiles, bounds, plain }: DistributionPlan) => JSON.stringify([quantiles, bounds, plain]);
  return text(a) === text(b);
}

/** The place of the first bound that is not below the value; how many there are where all are. @param bounds ascending */
export function bucketOf(bounds: readonly number[], value: number): number {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (bounds[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
