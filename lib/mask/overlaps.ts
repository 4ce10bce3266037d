import { Candidates } from './candidates.ts';
import type { FirstPass } from './first-pass.ts';
import type { Mask } from './mask.ts';

const STAR = 42;
const NEWLINE = 10;
const WORD = 4;
/** A larger copy is kept for the next text at most. */
const MOST_KEPT = 1024 * 1024;

interface Overlapping {
  /** With stars. */
  readonly mask: Mask;
  /** What the pass finds for it. */
  readonly candidates: Candidates | undefined;
  /** Its place among all masks. */
  readonly order: number;
}

/**
 * What a mask covered may have been a part of what another looks for: the name of an e-mail address, the key of a value, the first group of a card. This one then
 * finds nothing more, and the rest of it would stand there. So in lines of which something was covered, each mask that came after looks at the text as it was, too, and what
 * of its finds is left becomes stars.
 */
export class Overlaps {
  readonly #masks: readonly Overlapping[];
  readonly #pass: FirstPass | null;
  readonly #hashes: boolean;
  /** The text as it was, from `#pad` on: there its words lie as those of the bytes do. */
  #before = new Uint8Array();
  #words = new Uint32Array();
  #pad = 0;
  #end = 0;
  /** The same, but while a mask looks at a line of it. */
  #alone = new Uint8Array();
  #aloneWords = new Uint32Array();
  readonly #some = new Candidates();

  /** @param masks all, in order @param pass @param candidates of each mask in it */
  constructor(masks: readonly Mask[], pass: FirstPass | null, candidates: readonly (Candidates | undefined)[]) {
    const all = masks.map((mask, order) => ({ mask, candidates: candidates[order], order }));
    this.#hashes = all.some(({ mask: { shields, stars } }) => !shields && stars !== undefined);
    this.#masks = all.filter(({ mask }) => !mask.shields).map((one) => ({ ...one, mask: one.mask.stars ?? one.mask }));
    this.#pass = pass;
  }

  /** Remembers bytes[from, to) as they are before the masks that do not shield. */
  remember(bytes: Uint8Array, from: number, to: number): void {
    this.#pad = (bytes.byteOffset + from) % WORD;
    this.#end = this.#pad + to - from;
    const length = Math.ceil(this.#end / WORD) * WORD;
    if (this.#before.length < length || this.#before.length > Math.max(length, MOST_KEPT)) {
      this.#before = new Uint8Array(length);
      this.#words = new Uint32Array(this.#before.buffer);
      this.#alone = new Uint8Array();
      this.#aloneWords = new Uint32Array();
    }
    this.#before.set(bytes.subarray(from, to), this.#pad);
  }

  /**
   * Covers what the masks left of each other's finds in the bytes that were remembered, from `from` on. The pass was last run over them.
   * @param first place of the mask that covered something before all others: it and those before it have seen the text as it was
   */
  coverRest(bytes: Uint8Array, from: number, first: number): void {
    const later = this.#masks.filter(
      ({ mask, order, candidates }) => (order > first || mask.overLines) && candidates?.count !== 0,
    );
    if (later.length === 0) return;
    const before = this.#before;
    if (this.#alone.length < before.length) {
      this.#alone = new Uint8Array(before.length);
      this.#aloneWords = new Uint32Array(this.#alone.buffer);
    }
    this.#alone.set(before.subarray(0, this.#end));
    /** What stands at `i` of the copy stands so much further on in the bytes; and `found` so much in what the pass found. */
    const shift = from - this.#pad;
    const covered = this.#hashes ? this.#starred() : null;
    const found = this.#hashes ? 0 : shift;
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset + shift, Math.floor(this.#end / WORD));
    for (let at = this.#changed(bytes, shift, words, this.#pad, this.#end); at < this.#end; ) {
      const start = at === this.#pad ? at : Math.max(before.lastIndexOf(NEWLINE, at - 1) + 1, this.#pad);
      const newline = before.indexOf(NEWLINE, at);
      const end = newline < 0 || newline > this.#end ? this.#end : newline;
      this.#line(bytes, shift, start, end, later, found, covered);
      at = this.#changed(bytes, shift, words, Math.max(end, at + 1), this.#end);
    }
  }

  /** The first place in [at, end) at which the bytes are not what they were; or the end. By words: most of them are. */
  #changed(bytes: Uint8Array, shift: number, words: Uint32Array, at: number, end: number): number {
    const before = this.#before;
    const old = this.#words;
    let place = at;
    for (; place % WORD !== 0 && place < end; place++) if (before[place] !== bytes[place + shift]) return place;
    let word = place / WORD;
    for (const last = Math.floor(end / WORD); word < last && old[word] === words[word]; ) word++;
    place = Math.max(place, Math.floor(word) * WORD);
    while (place < end && before[place] === bytes[place + shift]) place++;
    return place;
  }

  /** What all masks one after another cover with stars: a hash may have a byte of the secret in its place by chance, which must stay. */
  #starred(): Uint8Array {
    const covered = this.#before.slice(0, this.#end);
    // With these places the lines are looked at, too.
    this.#pass?.run(covered, this.#pad, this.#end);
    for (const { mask, candidates } of this.#masks) mask.cover(covered, this.#pad, this.#end, candidates);
    return covered;
  }

  /** The line is before[start, end). */
  #line(
    bytes: Uint8Array,
    shift: number,
    start: number,
    end: number,
    later: readonly Overlapping[],
    found: number,
    covered: Uint8Array | null,
  ): void {
    const before = this.#before;
    const alone = this.#alone;
    const words = this.#aloneWords;
    for (const { mask, candidates } of later) {
      const some = candidates && this.#of(candidates, found, start, end);
      if (some?.count === 0) continue;
      if (mask.cover(alone, start, end, some) === 0) continue;
      for (
        let i = this.#changed(alone, 0, words, start, end);
        i < end;
        i = this.#changed(alone, 0, words, i + 1, end)
      ) {
        const was = before[i]!;
        alone[i] = was;
        if (bytes[shift + i] === was && (covered === null || covered[i] === was)) bytes[shift + i] = STAR;
      }
    }
  }

  /** Those of a line, as places of the copy. @param shift of the places that are given */
  #of({ places, count }: Candidates, shift: number, start: number, end: number): Candidates {
    const some = this.#some;
    some.clear();
    let low = 0;
    for (let high = count; low < high; ) {
      const middle = (low + high) >> 1;
      if (places[middle]! - shift < start) low = middle + 1;
      else high = middle;
    }
    for (; low < count && places[low]! - shift < end; low++) some.add(places[low]! - shift);
    return some;
  }
}
