import type { ByteReader, ByteWriter } from './bytes.ts';

/**
 * The values of a chunk.
 *   values  = decimal / bits
 *   decimal = 0..12 (the exponent e), exceptions, numbers        each value is number / 10^e, exactly
 *   bits    = 64, then 64-bit patterns against the one before
 * Exceptions (NaN, -0, what has no short decimal) are `varint count, [varint place - place before, 8 bytes]`; at their place
 * the number before is repeated. Numbers are differences (order 1) or differences of differences (order 2), whichever is
 * shorter: `order byte, zigzag first, [0, varint run of zeros / varint zigzag]`.
 */
const BITS = 64;
const MAX_EXPONENT = 12;
// So that differences of differences stay whole numbers below 2^53.
const MAX_WHOLE = 2 ** 50;
const POWERS = Array.from({ length: MAX_EXPONENT + 1 }, (_, e) => Number(`1e${e}`));

const view = new DataView(new ArrayBuffer(8));
let numbers = new Float64Array(1024);
let deltas = new Float64Array(1024);
let seconds = new Float64Array(1024);

function valueAt(words: Uint32Array, i: number): number {
  view.setUint32(0, words[i * 3 + 1]!, true);
  view.setUint32(4, words[i * 3 + 2]!, true);
  return view.getFloat64(0, true);
}

/** The whole number m with m / 10^e exactly `value`, or NaN. */
function scaled(value: number, e: number): number {
  const m = Math.round(value * POWERS[e]!);
  return m <= MAX_WHOLE && m >= -MAX_WHOLE && m / POWERS[e]! === value && !(m === 0 && 1 / value < 0) ? m : Number.NaN;
}

/** Encodes n values standing as (time, low, high) words. */
export function encodeValues(writer: ByteWriter, words: Uint32Array, n: number): void {
  if (numbers.length < n) {
    numbers = new Float64Array(n);
    deltas = new Float64Array(n);
    seconds = new Float64Array(n);
  }
  const allowed = n >> 3;
  let exponent = 0;
  let exceptions = 0;
  for (let i = 0; i < n; i++) {
    const value = valueAt(words, i);
    if (!Number.isNaN(scaled(value, exponent))) continue;
    let e = exponent + 1;
    while (e <= MAX_EXPONENT && Number.isNaN(scaled(value, e))) e++;
    if (e <= MAX_EXPONENT) exponent = e;
    else if (++exceptions > allowed) {
      encodeBits(writer, words, n);
      return;
    }
  }
  const places: number[] = [];
  let before = 0;
  for (let i = 0; i < n; i++) {
    const m = scaled(valueAt(words, i), exponent);
    if (Number.isNaN(m)) places.push(i);
    else before = m;
    numbers[i] = before;
  }
  if (places.length > allowed) {
    encodeBits(writer, words, n);
    return;
  }
  writer.byte(exponent);
  encodeExceptions(writer, words, places);
  encodeNumbers(writer, n);
}

function encodeExceptions(writer: ByteWriter, words: Uint32Array, places: readonly number[]): void {
  writer.varint(places.length);
  let last = 0;
  for (const place of places) {
    writer.varint(place - last);
    last = place;
    writer.word(words[place * 3 + 1]!);
    writer.word(words[place * 3 + 2]!);
  }
}

function encodeNumbers(writer: ByteWriter, n: number): void {
  let one = 0;
  let two = 0;
  let before = 0;
  for (let i = 1; i < n; i++) {
    const delta = numbers[i]! - numbers[i - 1]!;
    deltas[i] = delta;
    seconds[i] = delta - before;
    before = delta;
    one += cost(delta);
    two += cost(seconds[i]!);
  }
  const order = two < one ? 2 : 1;
  const out = order === 2 ? seconds : deltas;
  writer.byte(order);
  writer.zigzag(numbers[0]!);
  let i = 1;
  while (i < n) {
    if (out[i] !== 0) {
      writer.zigzag(out[i]!);
      i++;
      continue;
    }
    let end = i + 1;
    while (end < n && out[end] === 0) end++;
    writer.byte(0);
    writer.varint(end - i);
    i = end;
  }
}

function cost(delta: number): number {
  const size = Math.abs(delta);
  return size === 0 ? 0.2 : size < 64 ? 1 : size < 8192 ? 2 : size < 1_048_576 ? 3 : size < 134_217_728 ? 4 : 6;
}

/** Each value against the one before, XORed: 0, varint run of equal ones / leading zero bytes * 16 + kept bytes, the kept bytes. */
function encodeBits(writer: ByteWriter, words: Uint32Array, n: number): void {
  writer.byte(BITS);
  let low = 0;
  let high = 0;
  let i = 0;
  while (i < n) {
    const x = (words[i * 3 + 1]! ^ low) >>> 0;
    const y = (words[i * 3 + 2]! ^ high) >>> 0;
    if (x === 0 && y === 0) {
      let end = i + 1;
      while (end < n && words[end * 3 + 1] === low && words[end * 3 + 2] === high) end++;
      writer.byte(0);
      writer.varint(end - i);
      i = end;
      continue;
    }
    low = words[i * 3 + 1]!;
    high = words[i * 3 + 2]!;
    const leading = (y !== 0 ? Math.clz32(y) : 32 + Math.clz32(x)) >>> 3;
    const trailing = (x !== 0 ? 31 - Math.clz32(x & -x) : 63 - Math.clz32(y & -y)) >>> 3;
    const kept = 8 - leading - trailing;
    writer.byte(leading * 16 + kept);
    for (let place = trailing; place < trailing + kept; place++) {
      writer.byte(place < 4 ? (x >>> (place * 8)) & 0xff : (y >>> ((place - 4) * 8)) & 0xff);
    }
    i++;
  }
}

/** Decodes n values to `values` (and its words) from index `at` on. */
export function decodeValues(
  reader: ByteReader,
  n: number,
  values: Float64Array,
  words: Uint32Array,
  at: number,
): void {
  const mode = reader.byte();
  if (mode === BITS) {
    decodeBits(reader, n, words, at);
    return;
  }
  const power = POWERS[mode]!;
  const exceptions: number[] = [];
  let place = 0;
  for (let left = reader.varint(); left > 0; left--) {
    place += reader.varint();
    exceptions.push(place, reader.word(), reader.word());
  }
  const order = reader.byte();
  let number = reader.zigzag();
  let value = number / power;
  values[at] = value;
  let step = 0;
  let i = 1;
  while (i < n) {
    let run = 1;
    const token = reader.varint();
    if (token === 0) run = reader.varint();
    const signed = token % 2 === 0 ? token / 2 : -(token + 1) / 2;
    if (order === 2) step += signed;
    else step = signed;
    for (; run > 0 && i < n; run--) {
      if (step !== 0) {
        number += step;
        value = number / power;
      }
      values[at + i] = value;
      i++;
    }
  }
  for (let e = 0; e < exceptions.length; e += 3) {
    words[(at + exceptions[e]!) * 2] = exceptions[e + 1]!;
    words[(at + exceptions[e]!) * 2 + 1] = exceptions[e + 2]!;
  }
}

function decodeBits(reader: ByteReader, n: number, words: Uint32Array, at: number): void {
  let low = 0;
  let high = 0;
  let i = 0;
  while (i < n) {
    const control = reader.byte();
    let run = 1;
    if (control === 0) {
      run = reader.varint();
    } else {
      const kept = control & 15;
      const trailing = 8 - (control >> 4) - kept;
      for (let place = trailing; place < trailing + kept; place++) {
        const byte = reader.byte();
        if (place < 4) low ^= byte << (place * 8);
        else high ^= byte << ((place - 4) * 8);
      }
    }
    for (; run > 0 && i < n; run--, i++) {
      words[(at + i) * 2] = low >>> 0;
      words[(at + i) * 2 + 1] = high >>> 0;
    }
  }
}
