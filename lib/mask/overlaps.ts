import type { Mask } from './mask.ts';

const STAR = 42;
const NEWLINE = 10;
/** A larger copy is kept for the next text at most. */
const MOST_KEPT = 1024 * 1024;

/**
 * What a mask covered may have been a part of what another looks for: the name of an e-mail address, the key of a value, the first group of a card. This one then
 * finds nothing more, and the rest of it would stand there. So in lines of which something was covered, each mask looks at the text as it was, too, and what
 * of its finds is left becomes stars.
 */
export class Overlaps {
  readonly #masks: readonly Mask[];
  readonly #hashes: boolean;
  #before = new Uint8Array();

  /** @param masks all, in order */
  constructor(masks: readonly Mask[]) {
    this.#masks = masks.filter(({ shields }) => !shields);
    this.#hashes = this.#masks.some(({ stars }) => stars !== undefined);
  }

  /** Remembers bytes[from, to) as they are before the masks that do not shield. */
  remember(bytes: Uint8Array, from: number, to: number): void {
    const length = to - from;
    if (this.#before.length < length || this.#before.length > Math.max(length, MOST_KEPT)) {
      this.#before = new Uint8Array(length);
    }
    this.#before.set(bytes.subarray(from, to));
  }

  /** Covers what the masks left of each other's finds in bytes[from, to). */
  coverRest(bytes: Uint8Array, from: number, to: number): void {
    const before = this.#before;
    const covered = this.#hashes ? this.#starred(to - from) : null;
    let start = from;
    for (let at = from; at < to; at++) {
      if (before[at - from] === NEWLINE) start = at + 1;
      if (before[at - from] === bytes[at]) continue;
      let end = at;
      while (end < to && before[end - from] !== NEWLINE) end++;
      const [first, last] = [start - from, end - from];
      this.#line(bytes.subarray(start, end), before.subarray(first, last), covered?.subarray(first, last));
      at = end - 1;
    }
  }

  /** What all masks one after another cover with stars: a hash may have a byte of the secret in its place by chance, which must stay. */
  #starred(length: number): Uint8Array {
    const covered = this.#before.slice(0, length);
    for (const mask of this.#masks) (mask.stars ?? mask).cover(covered, 0, length);
    return covered;
  }

  #line(line: Uint8Array, was: Uint8Array, covered: Uint8Array = line): void {
    for (const mask of this.#masks) {
      const alone = was.slice();
      if ((mask.stars ?? mask).cover(alone, 0, alone.length) === 0) continue;
      for (let i = 0; i < alone.length; i++) {
        if (alone[i] === STAR && line[i] === was[i] && covered[i] === was[i]) line[i] = STAR;
      }
    }
  }
}
