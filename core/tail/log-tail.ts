import type { LogFrame } from '../ports/frames.ts';
import type { StoredLine } from '../ports/log-store.ts';
import { frameLines } from './frame-lines.ts';

/** Where a tail stands: which run of this core, the number of the line in it, and the line's time for when the run is over. */
export interface TailPlace {
  readonly run: string;
  readonly number: number;
  readonly time: number;
}

/** A line as it was stored, with its place. */
export interface TailLine {
  readonly place: TailPlace;
  readonly line: StoredLine;
}

/** Lines kept for those who come back after a moment, and their characters. */
const KEPT_LINES = 5_000;
const KEPT_CHARACTERS = 4_000_000;

/**
 * Lines in the order in which they were stored, told to whoever listens. A late line is told like any other: a search that
 * looked again and again behind the newest time would never see it.
 */
export class LogTail {
  readonly run: string;
  readonly #listeners = new Set<(lines: readonly TailLine[]) => void>();
  #kept: TailLine[] = [];
  #characters = 0;
  #number = 0;

  /** @param run a name no earlier process of this core had */
  constructor(run: string) {
    this.run = run;
  }

  /** Frames that are durable now. Nothing is made of them while nobody listens. */
  stored(frames: readonly LogFrame[]): void {
    if (this.#listeners.size === 0) {
      this.#number += frames.reduce((sum, frame) => sum + frame.lines.length, 0);
      this.#kept = [];
      this.#characters = 0;
      return;
    }
    this.#tell(frames.flatMap(frameLines));
  }

  /** Lines that another process of this core has stored. */
  relayed(lines: readonly StoredLine[]): void {
    if (this.#listeners.size > 0) this.#tell(lines);
  }

  #tell(stored: readonly StoredLine[]): void {
    const lines = stored.map((line) => ({
      place: { run: this.run, number: ++this.#number, time: Date.parse(line['@timestamp']) },
      line,
    }));
    for (const line of lines) this.#characters += line.line.message.length;
    this.#kept.push(...lines);
    while (this.#kept.length > KEPT_LINES || this.#characters > KEPT_CHARACTERS) {
      // In large steps: a shift for every line would cost more than the line.
      for (const gone of this.#kept.splice(0, Math.ceil(this.#kept.length / 10))) {
        this.#characters -= gone.line.message.length;
      }
    }
    for (const listen of this.#listeners) listen(lines);
  }

  /** Whether anybody listens. */
  get heard(): boolean {
    return this.#listeners.size > 0;
  }

  /** Lines from now on; returns how to stop. */
  listen(listener: (lines: readonly TailLine[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What was stored after `place`; null when that is not known any more, and the store has to be asked. */
  since(place: TailPlace): readonly TailLine[] | null {
    if (place.run !== this.run) return null;
    if (place.number === this.#number) return [];
    const first = this.#kept[0]?.place.number;
    if (first === undefined || first > place.number + 1) return null;
    return this.#kept.filter((line) => line.place.number > place.number);
  }
}
