import type { BulkLine } from './document.ts';

/** So often and so long must the engine have failed on a line, while it took others of the same index, before the line is set aside. */
const STUBBORN_TRIES = 10;
const STUBBORN_MS = 10 * 60_000;
/** Lines that are watched at most. More at once are no lines that the engine cannot take, but an engine that is not well. */
const MOST = 1000;

interface Watched {
  readonly since: number;
  tries: number;
  /** How many lines of its index the engine had taken when it failed on this one. */
  taken: number;
  /** Why it is to be set aside: stands until it is, since the batch may come again for another line's sake. */
  verdict: string | null;
}

/**
 * Lines on which the engine fails (5xx) for ever, though it takes others of their index: without an end to this, one such line would hold its part
 * of the bus. The engine's other refusals are no business of this class.
 */
export class Stubborn {
  readonly #now: () => number;
  readonly #lines = new Map<string, Watched>();
  /** Lines that the engine took, by index; only while some line is watched. */
  readonly #taken = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The engine has taken these lines, or had them already. */
  took(lines: Iterable<BulkLine>): void {
    if (this.#lines.size === 0) return;
    for (const line of lines) {
      const index = indexOf(line);
      this.#taken.set(index, (this.#taken.get(index) ?? 0) + 1);
    }
  }

  /**
   * The engine failed on this line. Returns null: it is to come again; else how often and how long it was tried, in words: it is to be set
   * aside. A failure counts only when the engine took some line of the same index since the one before.
   */
  failed(line: BulkLine): string | null {
    const key = keyOf(line);
    const now = this.#now();
    const taken = this.#taken.get(indexOf(line)) ?? 0;
    const watched = this.#lines.get(key);
    if (watched === undefined) {
      // The one that is watched for longest has most likely come through.
      if (this.#lines.size >= MOST) this.#lines.delete(this.#lines.keys().next().value!);
      this.#lines.set(key, { since: now, tries: 1, taken, verdict: null });
      return null;
    }
    if (watched.verdict !== null) return watched.verdict;
    if (watched.taken < taken) {
      watched.tries++;
      watched.taken = taken;
    }
    if (watched.tries < STUBBORN_TRIES || now - watched.since < STUBBORN_MS) return null;
    const minutes = Math.round((now - watched.since) / 60_000);
    watched.verdict = `the engine failed on it ${watched.tries} times in ${minutes} minutes, while it took others`;
    return watched.verdict;
  }

  /** These were set aside. */
  forget(lines: Iterable<BulkLine>): void {
    if (this.#lines.size === 0) return;
    for (const line of lines) this.#lines.delete(keyOf(line));
    if (this.#lines.size === 0) this.#taken.clear();
  }
}

/** The operation in front of a document: index and id. */
function keyOf(line: BulkLine): string {
  return line.text.slice(0, line.text.indexOf('\n'));
}

function indexOf(line: BulkLine): string {
  const start = line.text.indexOf('"_index":"') + 10;
  return line.text.slice(start, line.text.indexOf('"', start));
}
