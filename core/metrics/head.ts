import { CHUNK_SAMPLES, encodeChunk, WORDS } from './chunk.ts';
import type { HeadSliceBuilder } from './head-slice.ts';

/** Windows are aligned hours: what of a series falls into one of them becomes one row in the day's file. */
export const WINDOW_MS = 3_600_000;

/** What the head holds of one series in one window: encoded chunks, and the one that is being filled. */
export interface HeadWindow {
  readonly series: number;
  /** Start of the window, ms since the epoch. */
  readonly window: number;
  words: Uint32Array;
  count: number;
  sorted: boolean;
  readonly full: Uint8Array[];
  /** The same series in another window. */
  next: HeadWindow | null;
}

/** Samples in memory, not yet in a day's file; what the head journal holds as well. By series, in arrival order. */
export class Head {
  /** By series id: the window written last, and behind it the others. */
  readonly #series: (HeadWindow | undefined)[] = [];
  samples = 0;

  /** `low` and `high` are the words of the double; `offset` is ms from the start of `window`. True if the series was last in another. */
  append(series: number, window: number, offset: number, low: number, high: number): boolean {
    let at = this.#series[series];
    const turned = at === undefined || at.window !== window;
    if (at === undefined || at.window !== window) at = this.#turn(series, window);
    const place = at.count * WORDS;
    if (place === at.words.length) grow(at);
    const { words } = at;
    if (at.count > 0 && words[place - WORDS]! >= offset) at.sorted = false;
    words[place] = offset;
    words[place + 1] = low;
    words[place + 2] = high;
    this.samples++;
    if (++at.count === CHUNK_SAMPLES) {
      at.full.push(encodeChunk(words, CHUNK_SAMPLES, at.sorted));
      at.count = 0;
      at.sorted = true;
    }
    return turned;
  }

  /** Adds what the head has of the series at `place` of a slice, in the order in which it came. */
  read(series: number, place: number, slice: HeadSliceBuilder): void {
    for (let at: HeadWindow | null | undefined = this.#series[series]; at; at = at.next) slice.add(place, at);
  }

  /** Everything, by window and series ascending: the order of the day's files. */
  windows(): HeadWindow[] {
    const byWindow = new Map<number, HeadWindow[]>();
    for (const first of this.#series) {
      for (let at: HeadWindow | null | undefined = first; at; at = at.next) {
        const list = byWindow.get(at.window);
        if (list) list.push(at);
        else byWindow.set(at.window, [at]);
      }
    }
    return [...byWindow.keys()].sort((a, b) => a - b).flatMap((window) => byWindow.get(window)!);
  }

  /** Forgets what lies in windows that end before `before`. */
  dropBefore(before: number): void {
    for (let id = 0; id < this.#series.length; id++) {
      let kept: HeadWindow | null = null;
      for (let at: HeadWindow | null = this.#series[id] ?? null; at; ) {
        const next: HeadWindow | null = at.next;
        if (at.window + WINDOW_MS > before) {
          at.next = kept;
          kept = at;
        }
        at = next;
      }
      this.#series[id] = kept ?? undefined;
    }
  }

  #turn(series: number, window: number): HeadWindow {
    const first = this.#series[series] ?? null;
    let before: HeadWindow | null = first;
    let at = before?.next ?? null;
    while (at && at.window !== window) {
      before = at;
      at = at.next;
    }
    if (at) before!.next = at.next;
    else at = { series, window, words: new Uint32Array(8 * WORDS), count: 0, sorted: true, full: [], next: null };
    at.next = first;
    this.#series[series] = at;
    return at;
  }
}

/** The row of a series and window: its chunks in the order in which they came. */
export function rowBytes(at: HeadWindow): Uint8Array {
  const open = at.count > 0 ? encodeChunk(at.words, at.count, at.sorted) : null;
  if (at.full.length === 0 && open) return open;
  const chunks = open ? [...at.full, open] : at.full;
  const out = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let length = 0;
  for (const chunk of chunks) {
    out.set(chunk, length);
    length += chunk.length;
  }
  return out;
}

function grow(at: HeadWindow): void {
  const words = new Uint32Array(Math.min(CHUNK_SAMPLES * WORDS, at.words.length * 2));
  words.set(at.words);
  at.words = words;
}
