import type { DatabaseSync } from 'node:sqlite';
import type { Letter } from './list.ts';

/** The bytes of all dead letters together, frames, lines and series, and how many there may be. */
export class LetterBudget {
  readonly maxBytes: number;
  #used: number;
  #series: number;

  constructor(state: DatabaseSync, maxBytes: number) {
    this.maxBytes = maxBytes;
    const sum = (table: string) =>
      Number(state.prepare(`SELECT coalesce(sum(bytes), 0) AS bytes FROM ${table}`).get()!.bytes);
    this.#series = sum('refused_series');
    this.#used = sum('dead_letters') + sum('refused_lines') + this.#series;
  }

  get used(): number {
    return this.#used;
  }

  /** What letters of series take of it. */
  get ofSeries(): number {
    return this.#series;
  }

  /** False when there is no room: then nothing is taken. */
  take(bytes: number, kind: Letter['kind'] = 'frame'): boolean {
    if (this.#used + bytes > this.maxBytes) return false;
    this.#used += bytes;
    if (kind === 'series') this.#series += bytes;
    return true;
  }

  /** @param kind the one they were taken for */
  release(bytes: number, kind: Letter['kind'] = 'frame'): void {
    this.#used -= bytes;
    if (kind === 'series') this.#series -= bytes;
  }
}
