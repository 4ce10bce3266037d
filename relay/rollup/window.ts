/**
 * The end of the window that a time falls into: windows are (end - interval, end], aligned to the epoch. That is the range of x[interval] in a query
 * at `end`, so an output stands at the time at which a recording rule would have computed it.
 * @param time ms since the epoch
 * @param interval ms
 */
export function windowEnd(time: number, interval: number): number {
  return Math.ceil(time / interval) * interval;
}

/** The end of the newest window that is over at a time. */
export function lastEnd(time: number, interval: number): number {
  return Math.floor(time / interval) * interval;
}
