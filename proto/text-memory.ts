/** Power of two: the slot is the low bits of a hash. */
const SLOTS = 8192;
/** Longer ones are made anew each time: memory stays bounded. */
const MOST_BYTES = 64;

/**
 * Gives the same string for the same bytes, without making it again: hashes, boots and host names come in every frame, and
 * a string that is known already is found in a Map without being hashed or compared. Bounded: each slot keeps the last one.
 */
export class TextMemory {
  readonly #make: (bytes: Uint8Array) => string;
  readonly #bytes: (Uint8Array | undefined)[] = new Array(SLOTS).fill(undefined);
  readonly #texts: string[] = new Array(SLOTS).fill('');

  /** @param make the text of bytes; it must depend on them alone */
  constructor(make: (bytes: Uint8Array) => string) {
    this.#make = make;
  }

  readonly text = (bytes: Uint8Array): string => {
    const { length } = bytes;
    if (length > MOST_BYTES) return this.#make(bytes);
    // The end is what tells most of them apart; the rest is compared.
    let hash = length;
    for (let i = Math.max(0, length - 8); i < length; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
    const slot = (hash ^ (hash >>> 13)) & (SLOTS - 1);
    const kept = this.#bytes[slot];
    if (kept !== undefined && same(kept, bytes)) return this.#texts[slot]!;
    const text = this.#make(bytes);
    this.#bytes[slot] = Uint8Array.from(bytes);
    this.#texts[slot] = text;
    return text;
  };
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
