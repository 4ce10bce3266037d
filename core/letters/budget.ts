import type { DatabaseSync } from 'node:sqlite';

/** The bytes of all dead letters together, frames, lines and series, and how many there may be. */
export class LetterBudget {
  readonly maxBytes: number;
  #used: number;

  constructor(state: DatabaseSync, maxBytes: number) {
    this.maxBytes = maxBytes;
    const sum = (table: string) =>
      Number(state.prepare(`SELECT coalesce(sum(bytes), 0) AS bytes FROM ${table}`).get()!.bytes);
    this.#used = sum('dead_letters') + sum('refused_lines') + sum('refused_series');
  }

  get used(): number {
    return this.#used;
  }

  /** False when there is no room: then nothing is taken. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.maxBytes) return false;
    this.#used += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#used -= bytes;
  }
}
