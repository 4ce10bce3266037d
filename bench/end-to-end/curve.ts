import type { BenchResult } from '../result.ts';

/** Instants a frame that are run, one after the other, at the same samples a second. */
export const CURVE: readonly number[] = [1, 2, 5, 10];

/** What figures of such a run begin with. */
export function curveName(instants: number): string {
  return `${instants} instant${instants === 1 ? '' : 's'} a frame: `;
}

/** Whether a figure has to do with the trade between freshness and cost: four times all figures are more than anybody reads. */
export function ofTheTrade({ name }: BenchResult): boolean {
  return !/^warm-up|: memory|: open files|, the longest$/.test(name);
}
