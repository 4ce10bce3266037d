import type { Matcher, SeriesSamples } from '../ports/metric-store.ts';
import { recordOf } from '../promql/labels.ts';
import { SampleColumns } from './chunk.ts';
import { DayReader } from './day-reader.ts';
import { DAY_MS, windowOf } from './days.ts';
import { WINDOW_MS } from './head.ts';
import { type HeadSlice, HeadSliceReader } from './head-slice.ts';
import type { FlatLabels } from './series-index.ts';

/** What only the store's own thread has. */
export interface EngineReads {
  /** Ids, ascending, of series that all matchers of one of the sets fit (no set: all) and that have samples on a day of [start, end]. */
  find(sets: readonly (readonly Matcher[])[], start: number, end: number): Int32Array;
  /** null for a series that the retention took meanwhile. */
  labels(ids: Int32Array): readonly (FlatLabels | null)[];
  head(ids: Int32Array, start: number, end: number): HeadSlice;
}

/** What a reader may take. Both throw when that is too much, `room` before memory is. */
export interface Meter {
  /** So many samples more are about to be read; most of them may lie outside the range and go again. */
  room(samples: number): void;
  /** So many are kept. */
  charge(samples: number): void;
}

/** Rows of the days' files held at once while their series are put together. */
const ROWS = 4_000;
const MOST_SERIES = 512;
/** Series whose labels are kept; ids are never used twice, so they stay true. */
const LABELS_KEPT = 200_000;

/** Reads samples outside the store's own thread: memory's part comes from there, the rest from the days' files. */
export class SeriesReader {
  readonly #reads: EngineReads;
  readonly #days: DayReader;
  readonly #labels = new Map<number, Record<string, string> | null>();
  readonly #columns = new SampleColumns();
  /** Series read together: the fewer, the more windows each has. */
  #most = 64;

  constructor(directory: string, reads: EngineReads) {
    this.#reads = reads;
    this.#days = new DayReader(directory);
  }

  find(sets: readonly (readonly Matcher[])[], start: number, end: number): Int32Array {
    return this.#reads.find(sets, start, end);
  }

  /** Series that all matchers fit and that have samples in [start, end] ms. */
  select(matchers: readonly Matcher[], start: number, end: number, meter: Meter): SeriesSamples[] {
    const out: SeriesSamples[] = [];
    const ids = this.find([matchers], start, end);
    for (let from = 0; from < ids.length; ) from += this.read(ids.subarray(from), start, end, meter, out);
    return out;
  }

  /** Adds to `out` what the first of `ids` (ascending) have in [start, end] ms; tells how many ids that were, at least one. */
  read(ids: Int32Array, start: number, end: number, meter: Meter, out: SeriesSamples[]): number {
    const asked = ids.slice(0, this.#most);
    // Memory first: what leaves it after that is in the files, under a generation that is left out.
    const slice = this.#reads.head(asked, start, end);
    this.#most = mostSeries(slice, start, end);
    const read = asked.subarray(0, Math.min(slice.series, this.#most));
    this.#learnLabels(read);
    const rows = this.#rows(read, slice, start, end, meter);
    const head = new HeadSliceReader(slice);
    const columns = this.#columns;
    // An answer that was not finished left its samples.
    columns.clear();
    const room = (samples: number) => meter.room(samples);
    for (let place = 0; place < read.length; place++) {
      for (const [window, data] of rows[place]!) columns.addChunks(data, window, start, end, room);
      head.read(place, start, end, columns, room);
      const labels = this.#labels.get(read[place]!);
      if (columns.count === 0 || !labels) {
        columns.clear();
        continue;
      }
      meter.charge(columns.count);
      out.push({ labels, ...columns.take() });
    }
    return read.length;
  }

  /** The days' file goes: nobody may hold it open. */
  forget(day: number): void {
    this.#days.forget(day);
  }

  close(): void {
    this.#days.close();
  }

  #rows(ids: Int32Array, slice: HeadSlice, start: number, end: number, meter: Meter): [number, Uint8Array][][] {
    const rows: [number, Uint8Array][][] = Array.from(ids, () => []);
    for (const [day, file] of slice.files) {
      const to = Math.min(end, (day + 1) * DAY_MS - 1);
      for (let window = Math.max(windowOf(start), day * DAY_MS); window <= to; window += WINDOW_MS) {
        this.#days.read(day, file, window, ids, slice.before, (place, data) => rows[place]!.push([window, data]));
        meter.room(0);
      }
    }
    return rows;
  }

  #learnLabels(ids: Int32Array): void {
    if (this.#labels.size > LABELS_KEPT) this.#labels.clear();
    const unknown = ids.filter((id) => !this.#labels.has(id));
    if (unknown.length === 0) return;
    this.#reads.labels(unknown).forEach((labels, i) => {
      this.#labels.set(unknown[i]!, labels && recordOf(labels));
    });
  }
}

function mostSeries({ files }: HeadSlice, start: number, end: number): number {
  const windows = Math.max(1, Math.min(files.length * (DAY_MS / WINDOW_MS), Math.ceil((end - start) / WINDOW_MS) + 1));
  return Math.max(1, Math.min(MOST_SERIES, Math.floor(ROWS / windows)));
}
