import { forgetRuns, type Neighbours, type Placed, place, type Run } from './runs.ts';

const FIRST_ROOM = 64;
/** What every row has a place in. Snapshots hold them in this order. */
export const SERIES_COLUMNS = [
  'firstTimes',
  'firstValues',
  'lastTimes',
  'lastValues',
  'counted',
  'countedSecond',
] as const;

/** The first of those, which every rule has. */
const UNCOUNTED = 4;

/**
 * The series that one rule has seen, as columns: of each the ends of its newest run of samples, and what it belongs to. A row costs some tens of bytes;
 * only a series with a gap that may still be closed has more.
 */
export class SeriesTable<Owner> {
  firstTimes = new Float64Array(FIRST_ROOM);
  firstValues = new Float64Array(FIRST_ROOM);
  lastTimes = new Float64Array(FIRST_ROOM);
  lastValues = new Float64Array(FIRST_ROOM);
  /** Ends of the newest window that has counted the series, and of the one before. Only where series are counted. */
  counted: Float64Array;
  countedSecond: Float64Array;
  /** What the rows have. */
  readonly columns: readonly (typeof SERIES_COLUMNS)[number][];
  readonly owners: (Owner | null)[] = [];
  /** Ends of still older windows that have counted it and are open. */
  readonly countedBefore = new Map<number, number[]>();
  /** Runs before the newest. */
  readonly older = new Map<number, Run[]>();
  /** Rows without a sample in the frame behind a gap: their next one does not continue a run. */
  readonly apart = new Set<number>();
  readonly #free: number[] = [];
  #closed = Number.NEGATIVE_INFINITY;

  /** @param counts whether windows count series */
  constructor(counts: boolean) {
    this.counted = new Float64Array(counts ? FIRST_ROOM : 0);
    this.countedSecond = new Float64Array(counts ? FIRST_ROOM : 0);
    this.columns = counts ? SERIES_COLUMNS : SERIES_COLUMNS.slice(0, UNCOUNTED);
  }

  /** A row for a new series. */
  add(owner: Owner): number {
    const row = this.#free.pop() ?? this.owners.length;
    if (row >= this.lastTimes.length) this.#grow();
    this.owners[row] = owner;
    this.firstTimes[row] = this.lastTimes[row] = this.firstValues[row] = this.lastValues[row] = Number.NaN;
    this.counted[row] = this.countedSecond[row] = Number.NEGATIVE_INFINITY;
    return row;
  }

  remove(row: number): void {
    this.owners[row] = null;
    this.older.delete(row);
    this.countedBefore.delete(row);
    this.apart.delete(row);
    this.#free.push(row);
  }

  /** `place` for the series of a row. */
  place(row: number, time: number, value: number, gap: boolean, near: Neighbours): Placed {
    if (this.apart.size > 0 && this.apart.has(row)) {
      const placed = this.#placeSlowly(row, time, value, true, near);
      if (placed === 'taken') this.apart.delete(row);
      return placed;
    }
    const last = this.lastTimes[row]!;
    if (time > last && !gap) {
      near.beforeTime = last;
      near.beforeValue = this.lastValues[row]!;
      near.afterTime = near.afterValue = Number.NaN;
      this.lastTimes[row] = time;
      this.lastValues[row] = value;
      return 'taken';
    }
    return this.#placeSlowly(row, time, value, gap, near);
  }

  #placeSlowly(row: number, time: number, value: number, gap: boolean, near: Neighbours): Placed {
    const runs = this.runs(row);
    const placed = place(runs, time, value, gap, near);
    if (placed === 'taken') this.setRuns(row, runs);
    return placed;
  }

  /** Whether the window has not counted the series yet; from now on it has. */
  count(row: number, end: number): boolean {
    const newest = this.counted[row]!;
    const second = this.countedSecond[row]!;
    if (end === newest || end === second) return false;
    if (end > newest) {
      this.counted[row] = end;
      this.countedSecond[row] = newest;
      if (second > this.#closed) this.#countBefore(row, second);
      return true;
    }
    if (end > second) {
      this.countedSecond[row] = end;
      if (second > this.#closed) this.#countBefore(row, second);
      return true;
    }
    if (this.countedBefore.get(row)?.includes(end)) return false;
    this.#countBefore(row, end);
    return true;
  }

  /** Windows up to this one are closed: lets go of what was kept for them. */
  closed(end: number): void {
    this.#closed = end;
    for (const [row, runs] of this.older) {
      const all = [...runs, this.#newest(row)];
      forgetRuns(all, end);
      this.setRuns(row, all);
    }
    for (const [row, ends] of this.countedBefore) {
      const open = ends.filter((each) => each > end);
      if (open.length === 0) this.countedBefore.delete(row);
      else this.countedBefore.set(row, open);
    }
  }

  /** All runs of a row, the newest at the end; none where there was no sample yet. */
  runs(row: number): Run[] {
    if (Number.isNaN(this.lastTimes[row]!)) return [];
    return [...(this.older.get(row) ?? []), this.#newest(row)];
  }

  setRuns(row: number, runs: readonly Run[]): void {
    const newest = runs.at(-1)!;
    this.firstTimes[row] = newest.firstTime;
    this.firstValues[row] = newest.firstValue;
    this.lastTimes[row] = newest.lastTime;
    this.lastValues[row] = newest.lastValue;
    if (runs.length > 1) this.older.set(row, runs.slice(0, -1));
    else this.older.delete(row);
  }

  #newest(row: number): Run {
    return {
      firstTime: this.firstTimes[row]!,
      firstValue: this.firstValues[row]!,
      lastTime: this.lastTimes[row]!,
      lastValue: this.lastValues[row]!,
    };
  }

  #countBefore(row: number, end: number): void {
    const ends = this.countedBefore.get(row);
    if (ends) ends.push(end);
    else this.countedBefore.set(row, [end]);
  }

  #grow(): void {
    const room = this.lastTimes.length * 2;
    for (const column of this.columns) {
      const larger = new Float64Array(room);
      larger.set(this[column]);
      this[column] = larger;
    }
  }
}
