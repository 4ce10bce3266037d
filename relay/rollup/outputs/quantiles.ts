import { addValue, quantileOf, type Sketch, startSketch } from '../../../lib/sketch.ts';
import type { Output, Result } from './contract.ts';

/** Quantiles of all samples, from a sketch: each is within 1/256 of the value that it stands for. */
export function quantiles(phis: readonly number[]): Output<Sketch> {
  return {
    suffix: 'quantiles',
    merges: { quantiles: phis },
    feed: 'samples',
    start: startSketch,
    add: addValue,
    results: (state) =>
      phis.map((phi): Result => ({ label: ['quantile', String(phi)], value: quantileOf(state, phi) })),
  };
}
