/** What became of a sample of a series. */
export type Placed = 'taken' | 'repeated' | 'disordered';

/** A stretch of a series' samples that came in order without a gap: of it only the ends are kept. */
export interface Run {
  firstTime: number;
  firstValue: number;
  lastTime: number;
  lastValue: number;
}

/** The samples beside a new one by time; NaN: there is none. */
export interface Neighbours {
  beforeTime: number;
  beforeValue: number;
  afterTime: number;
  afterValue: number;
}

/** Runs of a series that are kept; beyond, the oldest goes, and what would have joined it is compared with the next. */
const MOST_RUNS = 16;

/**
 * Puts a sample in its place among those of its series that came before, which is nearly always the end. A collector that was cut off sends the
 * newest first and the rest beside it: then there are several runs until the gap between them is closed.
 * @param runs of the series, ascending by time; changed
 * @param gap the frame before the sample's is not here: the sample does not continue a run, though it may be later than it
 * @param near is told the samples beside it, where it is taken
 */
export function place(runs: Run[], time: number, value: number, gap: boolean, near: Neighbours): Placed {
  near.beforeTime = near.beforeValue = near.afterTime = near.afterValue = Number.NaN;
  let at = runs.length - 1;
  while (at >= 0 && runs[at]!.firstTime > time) at--;
  const run = runs[at];
  const next = runs[at + 1];
  if (run !== undefined) {
    if (time === run.lastTime || time === run.firstTime) return 'repeated';
    // All of a run came in order: what is inside it and comes now is out of order, or one of its samples again.
    if (time < run.lastTime) return 'disordered';
    near.beforeTime = run.lastTime;
    near.beforeValue = run.lastValue;
  }
  if (next !== undefined) {
    near.afterTime = next.firstTime;
    near.afterValue = next.firstValue;
  }
  if (run !== undefined && !gap) {
    run.lastTime = time;
    run.lastValue = value;
    return 'taken';
  }
  runs.splice(at + 1, 0, { firstTime: time, firstValue: value, lastTime: time, lastValue: value });
  if (runs.length > MOST_RUNS) runs.shift();
  return 'taken';
}

/** Lets go of runs that nothing can join any more: all of them end before `time`, and the last of them is kept to compare with. */
export function forgetRuns(runs: Run[], time: number): void {
  let gone = 0;
  while (gone + 1 < runs.length && runs[gone + 1]!.firstTime <= time) gone++;
  if (gone > 0) runs.splice(0, gone);
}
