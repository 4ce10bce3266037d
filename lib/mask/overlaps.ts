import type { Candidates } from './candidates.ts';
import type { FirstPass } from './first-pass.ts';
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
  /** With stars, and what the pass finds for each. */
  readonly #masks: readonly (readonly [mask: Mask, candidates: Candidates | undefined])[];
  readonly #pass: FirstPass | null;
  readonly #hashes: boolean;
  #before = new Uint8Array();
  /** The same, but while a mask looks at a line of it. */
  #alone = new Uint8Array();

  /** @param masks all, in order @param pass is run again for single lines @param candidates of each mask in it */
  constructor(masks: readonly Mask[], pass: FirstPass | null, candidates: readonly (Candidates | undefined)[]) {
    const all = masks.map((mask, i) => [mask, candidates[i]] as const).filter(([{ shields }]) => !shields);
    this.#masks = all.map(([mask, own]) => [mask.stars ?? mask, own] as const);
    this.#pass = pass;
    this.#hashes = all.some(([{ stars }]) => stars !== undefined);
  }

  /** Remembers bytes[from, to) as they are before the masks that do not shield. */
  remember(bytes: Uint8Array, from: number, to: number): void {
    const length = to - from;
    if (this.#alone.length > this.#before.length) this.#alone = new Uint8Array();
    if (this.#before.length < length || this.#before.length > Math.max(length, MOST_KEPT)) {
      this.#before = new Uint8Array(length);
    }
    this.#before.set(bytes.subarray(from, to));
  }

  /** Covers what the masks left of each other's finds in bytes[from, to). */
  coverRest(bytes: Uint8Array, from: number, to: number): void {
    const before = this.#before;
    if (this.#alone.length < before.length) this.#alone = new Uint8Array(before.length);
    this.#alone.set(before);
    const covered = this.#hashes ? this.#starred(to - from) : null;
    let start = from;
    for (let at = from; at < to; at++) {
      if (before[at - from] === NEWLINE) start = at + 1;
      if (before[at - from] === bytes[at]) continue;
      let end = at;
      while (end < to && before[end - from] !== NEWLINE) end++;
      this.#line(bytes, from, start - from, end - from, covered);
      at = end - 1;
    }
  }

  /** What all masks one after another cover with stars: a hash may have a byte of the secret in its place by chance, which must stay. */
  #starred(length: number): Uint8Array {
    const covered = this.#before.slice(0, length);
    this.#pass?.run(covered, 0, length);
    for (const [mask, candidates] of this.#masks) mask.cover(covered, 0, length, candidates);
    return covered;
  }

  /** The line is before[first, last), and stands `from` further on in the bytes. */
  #line(bytes: Uint8Array, from: number, first: number, last: number, covered: Uint8Array | null): void {
    const [before, alone] = [this.#before, this.#alone];
    this.#pass?.run(before, first, last);
    for (const [mask, candidates] of this.#masks) {
      if (candidates?.count === 0 || mask.cover(alone, first, last, candidates) === 0) continue;
      for (let i = first; i < last; i++) {
        const was = before[i]!;
        if (alone[i] === was) continue;
        alone[i] = was;
        if (bytes[from + i] === was && (covered === null || covered[i] === was)) bytes[from + i] = STAR;
      }
    }
  }
}
