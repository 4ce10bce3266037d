/** A straight line through points. */
export interface Line {
  /** Of y for one of x. */
  readonly slope: number;
  /** The standard error of the slope. */
  readonly error: number;
  /** Of y. */
  readonly mean: number;
}

/** The line from which the points are least away (ordinary least squares). @throws RangeError for fewer than three points, or all at one x */
export function leastSquares(points: readonly (readonly [x: number, y: number])[]): Line {
  const n = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / n;
  const mean = points.reduce((sum, [, y]) => sum + y, 0) / n;
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  if (n < 3 || spread === 0)
    throw new RangeError(`${n} points make no line with an error: three at least, at different times`);
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - mean), 0) / spread;
  const rest = points.reduce((sum, [x, y]) => sum + (y - mean - slope * (x - meanX)) ** 2, 0);
  return { slope, error: Math.sqrt(rest / (n - 2) / spread), mean };
}
