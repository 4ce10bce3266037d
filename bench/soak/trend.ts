import { leastSquares } from './least-squares.ts';

/** Of a figure over time, in its second half. */
export interface Trend {
  /** An hour, by the line through the second half, and what that is sure to. */
  readonly anHour: number;
  readonly sureTo: number;
  readonly mean: number;
  /** How much it grew in the second half at least: three standard errors less than the line says; 0 where the line may as well be level. */
  readonly grewBy: number;
  /** What it may grow by and still be called flat. */
  readonly slack: number;
  readonly flat: boolean;
}

/** The rule, in words for the page. */
export const FLAT_RULE =
  'least squares over the second half of the run: flat where the line, less three standard errors, rises in it by no more than 5 % of the mean, or by what it swings by anyway (24 MiB, 8 files, 50 ms, 0.25 s, the samples of a second)';
const SHARE = 0.05;
/** Standard errors: neighbouring moments are not independent, and ten figures are looked at. */
const SURE = 3;
const HOUR_S = 3_600;

/**
 * Whether a figure is flat, by FLAT_RULE. One that falls is.
 * @param points seconds and figure, in order @param noise what it may rise by in any case, such as the memory of a collection that comes later
 */
export function trendOf(points: readonly (readonly [seconds: number, value: number])[], noise: number): Trend {
  const half = points.slice(Math.floor(points.length / 2));
  const { slope, error, mean } = leastSquares(half);
  const lasted = half.at(-1)![0] - half[0]![0];
  const grewBy = Math.max(0, (slope - SURE * error) * lasted);
  const slack = Math.max(noise, SHARE * Math.abs(mean));
  return { anHour: slope * HOUR_S, sureTo: SURE * error * HOUR_S, mean, grewBy, slack, flat: grewBy <= slack };
}
