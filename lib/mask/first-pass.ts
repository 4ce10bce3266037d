import { Candidates, type Prefilter, type Trigger } from './candidates.ts';

/** Of a unit: a trigger may stand in it. The bits below are classes of parts. */
const TRIGGER = 128;
const PARTS = 127;
const MOST_TRIGGERS = 8;
const MOST_PARTS = 7;
const LEAST_STRETCH = 9;
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * The candidates of all masks in one pass over the bytes: each mask by itself would read all of them again, and most lines have nothing for any.
 *
 * It reads four bytes a step, as two units of two, and looks each unit up in one table of 65,536: whether a trigger may stand in it, and for each class of
 * parts whether both of its bytes are of it. Only where that says something, the bytes are looked at one by one.
 *
 * A stretch of nine parts holds four whole units wherever it begins: those of two steps, or those of one and the nearest of the steps on either side. That is
 * asked of all classes at once, as bits, at the last of these units.
 */
export class FirstPass {
  /** Of each prefilter, in their order. */
  readonly candidates: readonly Candidates[];
  /** By bit of `#pairs`, and of `#units`. */
  readonly #ofTriggers: readonly Candidates[];
  readonly #ofParts: readonly Candidates[];
  /** By the byte before and a byte: for which masks it is a trigger. */
  readonly #pairs: Uint8Array;
  readonly #units: Uint8Array;

  /** @throws RangeError for more prefilters than there are bits, or shorter stretches than it finds: a secret would be passed over */
  constructor(prefilters: readonly Prefilter[]) {
    this.candidates = prefilters.map(() => new Candidates());
    const those = (key: string) => this.candidates.filter((_, i) => key in prefilters[i]!);
    this.#ofTriggers = those('triggers');
    this.#ofParts = those('parts');
    if (this.#ofTriggers.length > MOST_TRIGGERS || this.#ofParts.length > MOST_PARTS)
      throw new RangeError(`${prefilters.length} prefilters: too many for one pass`);
    if (prefilters.some((filter) => 'parts' in filter && filter.least < LEAST_STRETCH))
      throw new RangeError(`a prefilter of stretches of fewer than ${LEAST_STRETCH} bytes`);
    this.#pairs = pairTable(prefilters.flatMap((filter) => ('triggers' in filter ? [filter.triggers] : [])));
    this.#units = unitTable(
      this.#pairs,
      prefilters.flatMap((filter) => ('parts' in filter ? [filter.parts] : [])),
    );
  }

  /** Finds the candidates in bytes[from, to); those of the last time are gone. */
  run(bytes: Uint8Array, from: number, to: number): void {
    for (const candidates of this.candidates) candidates.clear();
    if (to <= from) return;
    // Units stand at even places of the memory: a byte may be left before them, and up to three behind the last step.
    const begin = from + ((bytes.byteOffset + from) & 1);
    this.#lookAtEach(bytes, from, from, begin);
    const words = new Uint16Array(bytes.buffer, bytes.byteOffset + begin, (to - begin) >> 1);
    const units = this.#units;
    // Of the step before: its parts, and the second unit; and the second unit of the step before that.
    let whole = 0;
    let second = 0;
    let older = 0;
    const last = words.length & ~1;
    for (let i = 0; i < last; i += 2) {
      const left = units[words[i]!]!;
      const right = units[words[i + 1]!]!;
      const stretch = left & whole & (right | older);
      whole = left & right;
      older = second;
      second = right;
      if ((((left | right) & TRIGGER) | stretch) === 0) continue;
      const at = begin + i * 2;
      if ((left & TRIGGER) !== 0) this.#lookAtUnit(bytes, at > from ? bytes[at - 1]! : 0, at);
      if ((right & TRIGGER) !== 0) this.#lookAtUnit(bytes, bytes[at + 1]!, at + 2);
      if ((stretch & PARTS) !== 0) this.#addStretch(stretch & PARTS, at);
    }
    const at = begin + last * 2;
    if (last < words.length) {
      const stretch = units[words[last]!]! & whole & older & PARTS;
      if (stretch !== 0) this.#addStretch(stretch, at);
    }
    this.#lookAtEach(bytes, from, at, to);
  }

  /** For triggers at the places from `at` to `end`. */
  #lookAtEach(bytes: Uint8Array, from: number, at: number, end: number): void {
    let before = at > from ? bytes[at - 1]! : 0;
    for (let place = at; place < end; place++) {
      const byte = bytes[place]!;
      this.#addTrigger(this.#pairs[(before << 8) | byte]!, place);
      before = byte;
    }
  }

  /** The same for the two bytes of a unit, without a loop: much of the time goes into it. */
  #lookAtUnit(bytes: Uint8Array, before: number, at: number): void {
    const first = bytes[at]!;
    const ofFirst = this.#pairs[(before << 8) | first]!;
    const ofSecond = this.#pairs[(first << 8) | bytes[at + 1]!]!;
    if (ofFirst !== 0) this.#addTrigger(ofFirst, at);
    if (ofSecond !== 0) this.#addTrigger(ofSecond, at + 1);
  }

  #addTrigger(masks: number, at: number): void {
    for (let bits = masks; bits !== 0; bits &= bits - 1) this.#ofTriggers[lowestBit(bits)]!.add(at);
  }

  #addStretch(classes: number, at: number): void {
    for (let bits = classes; bits !== 0; bits &= bits - 1) this.#ofParts[lowestBit(bits)]!.add(at);
  }
}

const lowestBit = (bits: number): number => 31 - Math.clz32(bits & -bits);

function pairTable(filters: readonly (readonly Trigger[])[]): Uint8Array {
  const table = new Uint8Array(65_536);
  for (const [bit, triggers] of filters.entries()) {
    for (const { bytes, before } of triggers) {
      for (let first = 0; first < 256; first++) {
        if (before !== undefined && !before.includes(String.fromCharCode(first))) continue;
        for (let i = 0; i < bytes.length; i++) table[(first << 8) | bytes.charCodeAt(i)]! |= 1 << bit;
      }
    }
  }
  return table;
}

function unitTable(pairs: Uint8Array, classes: readonly Uint8Array[]): Uint8Array {
  // What stands before a unit is not known: its first byte may be a trigger if it is one behind anything.
  const triggers = new Uint8Array(256);
  for (let pair = 0; pair < pairs.length; pair++) triggers[pair & 255]! |= pairs[pair]!;
  const parts = new Uint8Array(256);
  for (const [bit, table] of classes.entries()) {
    for (let byte = 0; byte < 256; byte++) if (table[byte] === 1) parts[byte]! |= 1 << bit;
  }
  const table = new Uint8Array(65_536);
  for (let first = 0; first < 256; first++) {
    for (let second = 0; second < 256; second++) {
      const isTrigger = (triggers[first]! | pairs[(first << 8) | second]!) !== 0;
      const unit = LITTLE_ENDIAN ? first | (second << 8) : (first << 8) | second;
      table[unit] = (isTrigger ? TRIGGER : 0) | (parts[first]! & parts[second]!);
    }
  }
  return table;
}
