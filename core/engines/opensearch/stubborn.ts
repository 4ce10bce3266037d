import type { BulkLine } from './document.ts';

/** So often and so long must the engine have failed on a line, while it took others, before the line is set aside. */
export const STUBBORN_TRIES = 10;
export const STUBBORN_MS = 10 * 60_000;
/** Lines that are watched at most. More at once are no lines that the engine cannot take, but an engine that is not well. */
const MOST = 1000;

interface Watched {
  readonly since: number;
  tries: number;
  /** How many lines the engine had taken when it failed on this one. */
  taken: number;
}

/**
 * Lines on which the engine fails (5xx) for ever, though it takes others: without an end to this, one such line would hold its part of the
 * bus. The engine's other refusals are no business of this class.
 */
export class Stubborn {
  readonly #now: () => number;
  readonly #lines = new Map<string, Watched>();
  #taken = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The engine has taken so many lines, or had them already. */
  took(count: number): void {
    this.#taken += count;
    // Whatever was watched and came through is among them: what is still refused will be noted again.
    if (this.#lines.size === MOST) this.#lines.clear();
  }

  /**
   * The engine failed on this line. Returns null: it is to come again; else how often and how long it was tried, in words: it is to be set
   * aside. A failure counts only when the engine took some line since the one before.
   */
  failed(line: BulkLine): string | null {
    const key = line.text.slice(0, line.text.indexOf('\n'));
    const now = this.#now();
    const watched = this.#lines.get(key);
    if (watched === undefined) {
      if (this.#lines.size < MOST) this.#lines.set(key, { since: now, tries: 1, taken: this.#taken });
      return null;
    }
    if (watched.taken < this.#taken) {
      watched.tries++;
      watched.taken = this.#taken;
    }
    if (watched.tries < STUBBORN_TRIES || now - watched.since < STUBBORN_MS) return null;
    this.#lines.delete(key);
    return `the engine failed on it ${watched.tries} times in ${Math.round((now - watched.since) / 60_000)} minutes, while it took others`;
  }
}
