import type { Matcher, SeriesSamples } from '../ports/metric-store.ts';
import type { MetricEngine } from './engine.ts';

/** Samples after which a batch is sent, and time: whoever writes waits no longer than this for a reader. */
const BATCH_SAMPLES = 200_000;
const BATCH_MS = 8;
/** Series read together: few where they are long, many where they are short. */
const MOST_SERIES = 256;

interface Cursor {
  readonly ids: readonly number[];
  next: number;
  readonly start: number;
  readonly end: number;
}

/** Reads under way, batch by batch, so that writes get their turn in between. */
export class Cursors {
  readonly #engine: MetricEngine;
  readonly #cursors = new Map<number, Cursor>();
  #next = 1;
  #step = 16;

  constructor(engine: MetricEngine) {
    this.#engine = engine;
  }

  /** Series that all matchers of one of the sets fit; no set: all. Returns the number to go on with. */
  start(sets: readonly (readonly Matcher[])[], start: number, end: number): number {
    const found = sets.length === 0 ? [[]] : sets;
    const ids = found.flatMap((set) => this.#engine.seriesBetween(set, start, end));
    const once = found.length === 1 ? ids : [...new Set(ids)].sort((a, b) => a - b);
    this.#cursors.set(this.#next, { ids: once, next: 0, start, end });
    return this.#next++;
  }

  /** The next batch, by series in the order of their making; empty at the end. */
  next(number: number): SeriesSamples[] {
    const cursor = this.#cursors.get(number);
    const out: SeriesSamples[] = [];
    if (!cursor) return out;
    let samples = 0;
    const began = performance.now();
    let spent = 0;
    while (cursor.next < cursor.ids.length && samples < BATCH_SAMPLES && (spent < BATCH_MS || out.length === 0)) {
      const ids = cursor.ids.slice(cursor.next, cursor.next + this.#step);
      cursor.next += ids.length;
      this.#engine.read(ids, cursor.start, cursor.end, (n) => (samples += n), out);
      const now = performance.now() - began;
      if (now - spent > BATCH_MS / 2) this.#step = Math.max(1, this.#step >> 1);
      else if (now - spent < BATCH_MS / 8) this.#step = Math.min(MOST_SERIES, this.#step * 2);
      spent = now;
    }
    return out;
  }

  end(number: number): void {
    this.#cursors.delete(number);
  }
}
