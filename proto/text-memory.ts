/** Powers of two: slots at first, and at most. Two neighbours take the texts of one hash. */
const FIRST_SLOTS = 8192;
const MOST_SLOTS = 131_072;
/** Longer ones are made anew each time: memory stays bounded. */
const MOST_BYTES = 64;

/**
 * Gives the same string for the same bytes, without making it again: hashes, boots and host names come in every frame, and
 * a string that is known already is found in a Map without being hashed or compared. Bounded: it grows while known texts
 * push each other out, up to what ten thousand hosts name, and then the text of each slot that was there longer goes.
 */
export class TextMemory {
  readonly #make: (bytes: Uint8Array, from: number, to: number) => string;
  #slots = FIRST_SLOTS;
  #texts!: (string | undefined)[];
  #lengths!: Uint8Array;
  /** The bytes of all slots in one piece of memory: ten thousand small ones would weigh more than what they hold. */
  #bytes!: Uint8Array;
  #pushedOut = 0;

  /** @param make the text of bytes [from, to); it must depend on them alone */
  constructor(make: (bytes: Uint8Array, from: number, to: number) => string) {
    this.#make = make;
    this.#empty();
  }

  /** The text of bytes [from, to); left out, of all of them. */
  readonly text = (bytes: Uint8Array, from = 0, to: number = bytes.length): string => {
    const length = to - from;
    if (length > MOST_BYTES) return this.#make(bytes, from, to);
    // The end is what tells most of them apart; the rest is compared.
    let hash = length;
    for (let i = Math.max(from, to - 8); i < to; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    const slot = (hash ^ (hash >>> 13)) & (this.#slots - 2);
    if (this.#holds(slot, bytes, from, length)) return this.#texts[slot]!;
    if (this.#holds(slot + 1, bytes, from, length)) return this.#texts[slot + 1]!;
    const text = this.#make(bytes, from, to);
    this.#keep(slot, bytes.subarray(from, to), text);
    return text;
  };

  #holds(slot: number, bytes: Uint8Array, from: number, length: number): boolean {
    if (this.#texts[slot] === undefined || this.#lengths[slot] !== length) return false;
    const kept = this.#bytes;
    const at = slot * MOST_BYTES;
    for (let i = 0; i < length; i++) if (kept[at + i] !== bytes[from + i]) return false;
    return true;
  }

  /** The one that was here goes one further, over the one that was there. */
  #keep(slot: number, bytes: Uint8Array, text: string): void {
    if (this.#texts[slot + 1] !== undefined && ++this.#pushedOut >= this.#slots / 4 && this.#slots < MOST_SLOTS) {
      this.#slots *= 2;
      this.#empty();
      // It is kept the next time, where it belongs then.
      return;
    }
    const at = slot * MOST_BYTES;
    this.#texts[slot + 1] = this.#texts[slot];
    this.#lengths[slot + 1] = this.#lengths[slot]!;
    this.#bytes.copyWithin(at + MOST_BYTES, at, at + MOST_BYTES);
    this.#texts[slot] = text;
    this.#lengths[slot] = bytes.length;
    this.#bytes.set(bytes, at);
  }

  #empty(): void {
    this.#texts = new Array(this.#slots).fill(undefined);
    this.#lengths = new Uint8Array(this.#slots);
    this.#bytes = new Uint8Array(this.#slots * MOST_BYTES);
    this.#pushedOut = 0;
  }
}
