import {
  FLAG_ABSENT,
  FLAG_BITMAP,
  FLAG_EXPONENT_ROW,
  FLAG_EXPONENTS,
  FLAG_GAPS,
  MAX_DELTA,
  MODE_DELTAS,
  MODE_SECOND,
  MODE_SPARSE,
  MODE_STEP,
} from './column-layout.ts';
import { isExact, POWERS, RAW, scaled, smallestExponent } from './decimal.ts';
import { LIMITS } from './limits.ts';
import { LENGTH_BY_ZEROS, varintLength, writeVarint, zigzag } from './varint.ts';
import { overLimit, unwritable } from './wire-error.ts';

/** What `#fit` found. */
const NOT_EXACT = 0;
const SMALL = 1;
const LARGE = 2;
/** Deltas up to this, and their differences, have a zigzag form of 31 bits. */
const MAX_SMALL = (1 << 29) - 1;
/** A length that no mode has: this one cannot be written. */
const UNTHINKABLE = 1e6;

const ZERO_ROW: Float64Array = new Float64Array(LIMITS.seriesPerPage);

/**
 * Columns of one page over several instants. One encoder serves one thread: it keeps its working memory between calls,
 * but no values: what it writes depends on its arguments alone.
 */
export class ColumnEncoder {
  #out: Uint8Array = new Uint8Array(4096);
  /** The data of the changed columns; the lists that stand before it are known when it is done. */
  #data: Uint8Array = new Uint8Array(4096);
  #dataEnd = 0;
  #filled: Float64Array = new Float64Array(0);
  /** What each instant adds to the one before; the first to the base. */
  readonly #deltas: Float64Array = new Float64Array(LIMITS.instants);
  readonly #differs: Int32Array = new Int32Array(LIMITS.seriesPerPage);
  readonly #changed: Uint8Array = new Uint8Array(LIMITS.seriesPerPage);
  readonly #modes: Uint8Array = new Uint8Array(LIMITS.seriesPerPage);
  readonly #exponents: Uint8Array = new Uint8Array(LIMITS.seriesPerPage);
  /** 1 where the exponent is not the one that the base value has. */
  readonly #stated: Uint8Array = new Uint8Array(LIMITS.seriesPerPage);

  /**
   * @param n series of the page (1 to 256)
   * @param times ms since the epoch, whole numbers, in any order; k of them (1 to 256)
   * @param values row-major, instant i of series j at i * n + j; k * n of them
   * @param present 1 where there is a sample, null when all are there
   * @param base the row that the first instant is held against, null for zeros
   * @returns new bytes
   * @throws HG_WIRE_VALUE for shapes or times that cannot be written, HG_WIRE_LIMIT past the limits
   */
  encode(
    n: number,
    times: Float64Array,
    values: Float64Array,
    present: Uint8Array | null,
    base: Float64Array | null,
  ): Uint8Array {
    const k = times.length;
    check(n, k, values, present, base);
    const row = base ?? ZERO_ROW;
    const rowWords = new Uint32Array(row.buffer, row.byteOffset, n * 2);
    const absent = present === null ? null : absentRuns(n, k, present);
    const source = absent === null ? values : this.#fill(n, k, values, present!, rowWords);
    const words = new Uint32Array(source.buffer, source.byteOffset, n * k * 2);
    const worst = n * (k * 9 + 40);
    if (this.#data.length < worst) this.#data = new Uint8Array(worst);

    this.#dataEnd = 0;
    let count = 0;
    let exceptions = 0;
    const differs = this.#differs;
    findChanges(n, k, words, rowWords, differs);
    for (let j = 0; j < n; j++) {
      if (differs[j] === 0) continue;
      this.#changed[count] = j;
      const derived = smallestExponent(row[j]!);
      const used = this.#column(n, k, j, count, derived, row, source, words, rowWords);
      this.#exponents[count] = used;
      this.#stated[count] = used === derived ? 0 : 1;
      if (used !== derived) exceptions++;
      count++;
    }
    return this.#assemble(n, k, times, absent, count, exceptions);
  }

  /** Writes one changed column's data and its mode; returns the exponent it used. */
  #column(
    n: number,
    k: number,
    j: number,
    index: number,
    derived: number,
    row: Float64Array,
    source: Float64Array,
    words: Uint32Array,
    rowWords: Uint32Array,
  ): number {
    let exponent = derived;
    let fit = this.#fit(n, k, j, exponent, row, source);
    if (fit === NOT_EXACT) {
      exponent = columnExponent(n, k, j, derived, source);
      fit = this.#fit(n, k, j, exponent, row, source);
    }
    if (fit === NOT_EXACT) {
      this.#raw(n, k, j, index, words, rowWords);
      return RAW;
    }
    const at = writeVarint(this.#data, this.#dataEnd, zigzag(this.#deltas[0]!));
    if (k === 1) this.#dataEnd = at;
    else if (fit === SMALL) this.#writeSmall(k, index, at);
    else this.#writeLarge(k, index, at);
    return exponent;
  }

  /** Integers and deltas of a column at this exponent: NOT_EXACT if a value or a delta is not, SMALL if all later deltas have 30 bits. */
  #fit(n: number, k: number, j: number, exponent: number, row: Float64Array, source: Float64Array): number {
    if (exponent === RAW) return NOT_EXACT;
    const deltas = this.#deltas;
    const power = POWERS[exponent]!;
    const start = row[j]!;
    let before = isExact(start, exponent) ? scaled(start, exponent) : 0;
    let fit = SMALL;
    for (let i = 0, at = j; i < k; i++, at += n) {
      const value = source[at]!;
      const whole = exponent === 0 ? Math.floor(value) : Math.floor(value * power + 0.5);
      if ((exponent === 0 ? whole : whole / power) !== value) return NOT_EXACT;
      if (whole > Number.MAX_SAFE_INTEGER || whole < -Number.MAX_SAFE_INTEGER) return NOT_EXACT;
      if (value === 0 && 1 / value < 0) return NOT_EXACT;
      const delta = whole - before;
      if (delta > MAX_SMALL || delta < -MAX_SMALL) {
        if (delta > MAX_DELTA || delta < -MAX_DELTA) return NOT_EXACT;
        if (i > 0) fit = LARGE;
      }
      deltas[i] = delta;
      before = whole;
    }
    return fit;
  }

  /** Instants 1 to k-1 in the cheapest mode, in 32-bit integers. */
  #writeSmall(k: number, index: number, at: number): void {
    const deltas = this.#deltas;
    let first = 0;
    let moved = 0;
    for (let i = 1; i < k; i++) {
      const delta = deltas[i]! | 0;
      if (delta !== 0) moved++;
      first += LENGTH_BY_ZEROS[Math.clz32((delta << 1) ^ (delta >> 31))]!;
    }
    let second = first;
    let last = 0;
    // One byte each cannot be beaten by differences of differences.
    if (first >= k) {
      second = 0;
      for (let i = 1; i < k; i++) {
        const delta = deltas[i]! | 0;
        const change = delta - last;
        second += LENGTH_BY_ZEROS[Math.clz32((change << 1) ^ (change >> 31))]!;
        last = delta;
      }
    }
    const mode = cheapest(k, first, second, moved);
    this.#modes[index] = mode;
    const out = this.#data;
    if (mode === MODE_SPARSE) at = this.#sparse(k, at);
    else if (mode !== MODE_STEP) {
      last = 0;
      for (let i = 1; i < k; i++) {
        const delta = deltas[i]! | 0;
        const change = mode === MODE_SECOND ? delta - last : delta;
        last = delta;
        let rest = (change << 1) ^ (change >> 31);
        while (rest > 127) {
          out[at++] = (rest & 127) | 0x80;
          rest >>>= 7;
        }
        out[at++] = rest;
      }
    }
    this.#dataEnd = at;
  }

  /** The same for deltas that need more than 30 bits. */
  #writeLarge(k: number, index: number, at: number): void {
    const deltas = this.#deltas;
    let first = 0;
    let second = 0;
    let moved = 0;
    let last = 0;
    for (let i = 1; i < k; i++) {
      const delta = deltas[i]!;
      const change = delta - last;
      if (delta !== 0) moved++;
      first += varintLength(zigzag(delta));
      second += change > MAX_DELTA || change < -MAX_DELTA ? UNTHINKABLE : varintLength(zigzag(change));
      last = delta;
    }
    const mode = cheapest(k, first, second, moved);
    this.#modes[index] = mode;
    if (mode === MODE_SPARSE) at = this.#sparse(k, at);
    else {
      last = 0;
      for (let i = 1; i < k; i++) {
        const delta = deltas[i]!;
        at = writeVarint(this.#data, at, zigzag(mode === MODE_SECOND ? delta - last : delta));
        last = delta;
      }
    }
    this.#dataEnd = at;
  }

  #sparse(k: number, at: number): number {
    const deltas = this.#deltas;
    const out = this.#data;
    const bitmap = at;
    at += (k + 6) >> 3;
    out.fill(0, bitmap, at);
    for (let i = 1; i < k; i++) {
      if (deltas[i] === 0) continue;
      out[bitmap + ((i - 1) >> 3)]! |= 1 << ((i - 1) & 7);
      at = writeVarint(out, at, zigzag(deltas[i]!));
    }
    return at;
  }

  /** Bits against the bits before: leading zero bytes, count of bytes, bytes. */
  #raw(n: number, k: number, j: number, index: number, words: Uint32Array, rowWords: Uint32Array): void {
    const out = this.#data;
    let at = this.#dataEnd;
    let low = rowWords[j * 2]!;
    let high = rowWords[j * 2 + 1]!;
    let step = k > 1;
    for (let i = 1, w = j * 2; i < k && step; i++, w += n * 2) {
      step = words[w] === words[w + n * 2] && words[w + 1] === words[w + n * 2 + 1];
    }
    this.#modes[index] = step ? MODE_STEP : MODE_DELTAS;
    const rows = step ? 1 : k;
    for (let i = 0, w = j * 2; i < rows; i++, w += n * 2) {
      at = writeXor(out, at, (words[w + 1]! ^ high) >>> 0, (words[w]! ^ low) >>> 0);
      low = words[w]!;
      high = words[w + 1]!;
    }
    this.#dataEnd = at;
  }

  /** Values column by column with an absent cell standing for the one before it, so that it costs next to nothing. */
  #fill(n: number, k: number, values: Float64Array, present: Uint8Array, rowWords: Uint32Array): Float64Array {
    if (this.#filled.length < n * k) this.#filled = new Float64Array(n * k);
    const from = new Uint32Array(values.buffer, values.byteOffset, n * k * 2);
    const into = new Uint32Array(this.#filled.buffer, 0, n * k * 2);
    for (let at = 0; at < n * k; at++) {
      const there = present[at] !== 0;
      const before = at < n ? rowWords : into;
      const place = at < n ? at : at - n;
      into[at * 2] = there ? from[at * 2]! : before[place * 2]!;
      into[at * 2 + 1] = there ? from[at * 2 + 1]! : before[place * 2 + 1]!;
    }
    return this.#filled;
  }

  #assemble(
    n: number,
    k: number,
    times: Float64Array,
    absent: number[] | null,
    count: number,
    exceptions: number,
  ): Uint8Array {
    const worst = 64 + k * 8 + (absent?.length ?? 0) * 4 + n * 5 + this.#dataEnd;
    if (this.#out.length < worst) this.#out = new Uint8Array(worst);
    const out = this.#out;
    const bitmap = count > n >> 3;
    let flags = 0;
    if (absent !== null) flags |= FLAG_ABSENT;
    const exponentRow = exceptions * 4 > count;
    if (exceptions > 0) flags |= exponentRow ? FLAG_EXPONENT_ROW : FLAG_EXPONENTS;
    if (count > 0) flags |= bitmap ? FLAG_BITMAP : FLAG_GAPS;
    out[0] = flags;
    let at = writeVarint(out, 1, k);
    at = writeTimes(out, at, times);
    if (absent !== null) {
      at = writeVarint(out, at, absent.length >> 1);
      for (const number of absent) at = writeVarint(out, at, number);
    }
    if (count > 0)
      at = bitmap ? writeBitmap(out, at, this.#changed, count, n) : writeGaps(out, at, this.#changed, count);
    if (exceptions > 0) {
      at = exponentRow
        ? writeNibbles(out, at, this.#exponents, count)
        : this.#writeExponents(out, at, count, exceptions);
    }
    if (k > 1) at = writeModes(out, at, this.#modes, count);
    const whole = new Uint8Array(at + this.#dataEnd);
    whole.set(out.subarray(0, at));
    whole.set(this.#data.subarray(0, this.#dataEnd), at);
    return whole;
  }

  #writeExponents(out: Uint8Array, at: number, count: number, exceptions: number): number {
    at = writeVarint(out, at, exceptions);
    let last = -1;
    for (let i = 0; i < count; i++) {
      if (this.#stated[i] === 0) continue;
      at = writeVarint(out, at, i - last - 1);
      out[at++] = this.#exponents[i]!;
      last = i;
    }
    return at;
  }
}

function check(
  n: number,
  k: number,
  values: Float64Array,
  present: Uint8Array | null,
  base: Float64Array | null,
): void {
  if (n < 1 || n > LIMITS.seriesPerPage) throw overLimit('series of a page', n, LIMITS.seriesPerPage);
  if (k < 1 || k > LIMITS.instants) throw overLimit('instants of a section', k, LIMITS.instants);
  if (values.length < n * k) throw unwritable(`${n} series of ${k} instants, but ${values.length} values`);
  if (present !== null && present.length < n * k) throw unwritable('fewer presence marks than values');
  if (base !== null && base.length < n) throw unwritable(`a base row of ${base.length} values for ${n} series`);
}

/** Marks the columns that differ from the base's bits at any instant. Row by row, as the values stand in memory. */
function findChanges(n: number, k: number, words: Uint32Array, rowWords: Uint32Array, differs: Int32Array): void {
  for (let j = 0; j < n; j++)
    differs[j] = (words[j * 2]! ^ rowWords[j * 2]!) | (words[j * 2 + 1]! ^ rowWords[j * 2 + 1]!);
  for (let i = 1; i < k; i++) {
    const at = i * n * 2;
    const before = at - n * 2;
    for (let j = 0; j < n; j++) {
      const w = j * 2;
      differs[j]! |= (words[at + w]! ^ words[before + w]!) | (words[at + w + 1]! ^ words[before + w + 1]!);
    }
  }
}

/** The mode of fewest bytes for instants 1 to k-1, of which `moved` are not zero. */
function cheapest(k: number, first: number, second: number, moved: number): number {
  if (moved === 0) return MODE_STEP;
  const sparse = ((k + 6) >> 3) + first - (k - 1 - moved);
  if (sparse < first && sparse <= second) return MODE_SPARSE;
  return second < first ? MODE_SECOND : MODE_DELTAS;
}

/** An exponent above `derived` at which all instants should be exact (the caller makes sure), or RAW. */
function columnExponent(n: number, k: number, j: number, derived: number, source: Float64Array): number {
  const end = n * k;
  let need = derived === RAW ? 0 : derived;
  for (let at = j; at < end; at += n) {
    const value = source[at]!;
    if (isExact(value, need)) continue;
    const own = smallestExponent(value);
    if (own === RAW || own <= need) return RAW;
    need = own;
  }
  return need;
}

/** Runs of absent cells in column order (cell = j * k + i): gap, length, gap, length ...; null if there is none. */
function absentRuns(n: number, k: number, present: Uint8Array): number[] | null {
  const runs: number[] = [];
  let after = 0;
  let start = -1;
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < k; i++) {
      const cell = j * k + i;
      if (present[i * n + j] === 0) {
        if (start < 0) start = cell;
      } else if (start >= 0) {
        runs.push(start - after, cell - start - 1);
        after = cell;
        start = -1;
      }
    }
  }
  if (start >= 0) runs.push(start - after, n * k - start - 1);
  return runs.length === 0 ? null : runs;
}

/** The first time, the first step, then how each step differs from the one before. */
function writeTimes(out: Uint8Array, at: number, times: Float64Array): number {
  let last = 0;
  let step = 0;
  for (let i = 0; i < times.length; i++) {
    const time = times[i]!;
    const delta = time - last;
    const change = i < 2 ? delta : delta - step;
    if (!Number.isSafeInteger(time) || Math.abs(change) > MAX_DELTA || Math.abs(delta) > MAX_DELTA) {
      throw unwritable(`the time ${time} is not a whole number of ms within 2^51`);
    }
    at = writeVarint(out, at, zigzag(change));
    step = delta;
    last = time;
  }
  return at;
}

function writeBitmap(out: Uint8Array, at: number, changed: Uint8Array, count: number, n: number): number {
  const end = at + ((n + 7) >> 3);
  out.fill(0, at, end);
  for (let i = 0; i < count; i++) out[at + (changed[i]! >> 3)]! |= 1 << (changed[i]! & 7);
  return end;
}

function writeGaps(out: Uint8Array, at: number, changed: Uint8Array, count: number): number {
  at = writeVarint(out, at, count);
  let last = -1;
  for (let i = 0; i < count; i++) {
    at = writeVarint(out, at, changed[i]! - last - 1);
    last = changed[i]!;
  }
  return at;
}

function writeNibbles(out: Uint8Array, at: number, exponents: Uint8Array, count: number): number {
  const end = at + ((count + 1) >> 1);
  out.fill(0, at, end);
  for (let i = 0; i < count; i++) out[at + (i >> 1)]! |= exponents[i]! << ((i & 1) * 4);
  return end;
}

function writeModes(out: Uint8Array, at: number, modes: Uint8Array, count: number): number {
  const end = at + ((count + 3) >> 2);
  out.fill(0, at, end);
  for (let i = 0; i < count; i++) out[at + (i >> 2)]! |= modes[i]! << ((i & 3) * 2);
  return end;
}

/** 0 for equal bits; else (leading zero bytes << 4 | bytes) and the bytes, high first, without trailing zero bytes. */
function writeXor(out: Uint8Array, at: number, high: number, low: number): number {
  if (high === 0 && low === 0) {
    out[at++] = 0;
    return at;
  }
  const leading = (high !== 0 ? Math.clz32(high) : 32 + Math.clz32(low)) >> 3;
  const trailing = (low !== 0 ? 31 - Math.clz32(low & -low) : 63 - Math.clz32(high & -high)) >> 3;
  const last = 7 - trailing;
  out[at++] = (leading << 4) | (last - leading + 1);
  for (let i = leading; i <= last; i++) out[at++] = i < 4 ? high >>> (24 - i * 8) : low >>> (56 - i * 8);
  return at;
}
