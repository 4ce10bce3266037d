import type { Candidates, Prefilter } from './candidates.ts';
import { FirstPass } from './first-pass.ts';
import { Overlaps } from './overlaps.ts';

/** Finds one kind of secret in bytes[from, to) and covers it in place, without changing the length. Returns how many it covered. */
export interface Mask {
  readonly name: string;
  /** Bytes of the shortest text that it covers something of. */
  readonly shortest: number;
  /** What one pass for all masks can look for on its behalf. Without one it reads all bytes itself. */
  readonly prefilter?: Prefilter | undefined;
  /** The same with stars; without one, it covers with stars itself. */
  readonly stars?: Mask | undefined;
  /** What it covered is no part of anything else: the host behind a password is no e-mail's. */
  readonly shields?: boolean | undefined;
  /** What it finds may go on over the ends of lines, as a private key does: in a line by itself it may find something else. */
  readonly overLines?: boolean | undefined;
  /** @param candidates of its prefilter, in these bytes before any mask changed them; without them it finds its own */
  cover(bytes: Uint8Array, from: number, to: number, candidates?: Candidates): number;
}

/** How texts become bytes and back; a collector's host has it. */
export interface TextTools {
  utf8(bytes: Uint8Array, from: number, to: number): string;
  utf8Bytes(text: string): Uint8Array;
}

/**
 * All masks, in order, over what a collector or a door is about to write to disk: the bytes of a batch of log lines at once (no secret
 * crosses a newline), or one text. Counts what was covered, by mask.
 */
export class MaskStage {
  readonly masked: ReadonlyMap<string, number>;
  readonly #masked: Map<string, number>;
  readonly #masks: readonly Mask[];
  readonly #host: TextTools;
  readonly #shortest: number;
  /** Null where no mask has triggers: of parts, each mask finds its own by one byte in nine or more. */
  readonly #pass: FirstPass | null;
  readonly #overlaps: Overlaps;
  /** Of each mask: its candidates in the pass. */
  readonly #candidates: readonly (Candidates | undefined)[];

  constructor(host: TextTools, masks: readonly Mask[]) {
    this.#host = host;
    this.#masks = masks;
    this.#masked = new Map(masks.map((mask) => [mask.name, 0]));
    this.masked = this.#masked;
    this.#shortest = Math.min(...masks.map(({ shortest }) => shortest));
    const prefilters = masks.flatMap(({ prefilter }) => prefilter ?? []);
    const pass = prefilters.some((prefilter) => 'triggers' in prefilter) ? new FirstPass(prefilters) : null;
    this.#pass = pass;
    this.#candidates = masks.map(({ prefilter }) => prefilter && pass?.candidates[prefilters.indexOf(prefilter)]);
    this.#overlaps = new Overlaps(masks, pass, this.#candidates);
  }

  /** Covers in place. Give whole lines. */
  bytes(bytes: Uint8Array, from = 0, to: number = bytes.length): number {
    let total = 0;
    /** The place of the mask that covered something before all others, of those that do not shield; -1: none did. */
    let first = -1;
    let remembered = false;
    this.#pass?.run(bytes, from, to);
    for (let i = 0; i < this.#masks.length; i++) {
      const mask = this.#masks[i]!;
      const candidates = this.#candidates[i];
      if (candidates?.count === 0) continue;
      if (!mask.shields && !remembered && this.#masks.length > 1) {
        this.#overlaps.remember(bytes, from, to);
        remembered = true;
      }
      const count = mask.cover(bytes, from, to, candidates);
      if (count === 0) continue;
      total += count;
      if (first < 0 && !mask.shields) first = i;
      this.#masked.set(mask.name, this.#masked.get(mask.name)! + count);
    }
    if (remembered && first >= 0) this.#overlaps.coverRest(bytes, from, first);
    return total;
  }

  /** A field's value, an event's fact, a label's value. Texts without a secret come back as they are. */
  text(text: string): string {
    // A character may be several bytes, but all that is looked for is ASCII.
    if (text.length < this.#shortest) return text;
    const bytes = this.#host.utf8Bytes(text);
    return this.bytes(bytes) === 0 ? text : this.#host.utf8(bytes, 0, bytes.length);
  }
}
