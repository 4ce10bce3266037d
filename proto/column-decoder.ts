import {
  FLAG_ABSENT,
  FLAG_BITMAP,
  FLAG_EXPONENT_ROW,
  FLAG_EXPONENTS,
  FLAG_GAPS,
  FLAGS,
  MODE_DELTAS,
  MODE_SECOND,
  MODE_SPARSE,
  NOT_STATED,
} from './column-layout.ts';
import { isExact, MAX_EXPONENT, POWERS, RAW, scaled, smallestExponent } from './decimal.ts';
import { LIMITS } from './limits.ts';
import { VarintReader } from './varint.ts';
import { malformed, overLimit, torn } from './wire-error.ts';

export interface Columns {
  /** ms since the epoch, whole numbers. */
  readonly times: Float64Array;
  /** Row-major: instant i of series j at i * n + j. An absent cell holds 0. */
  readonly values: Float64Array;
  /** 1 where there is a sample, null when all are there. */
  readonly present: Uint8Array | null;
  /** True: none of the values is infinite or no number. False: nobody has looked. */
  readonly finite: boolean;
}

/** How many instants the columns have, without decoding them. @throws HG_WIRE_* */
export function columnInstants(bytes: Uint8Array): number {
  const reader = new VarintReader(bytes);
  reader.byte();
  return instantCount(reader);
}

/**
 * The other side of ColumnEncoder, bit for bit.
 * @param n series of the page
 * @param base the base row named beside the columns, or null
 * @param maxValues what n * instants may be at most
 * @throws HG_WIRE_TORN, HG_WIRE_MALFORMED, HG_WIRE_LIMIT; no other error, for any bytes
 */
export function decodeColumns(
  bytes: Uint8Array,
  n: number,
  base: Float64Array | null,
  maxValues: number = LIMITS.valuesPerFrame,
): Columns {
  if (n < 1 || n > LIMITS.seriesPerPage) throw overLimit('series of a page', n, LIMITS.seriesPerPage);
  if (base !== null && base.length < n) throw malformed(`a base row of ${base.length} values for ${n} series`);
  const reader = new VarintReader(bytes);
  const flags = reader.byte();
  if (
    (flags & ~FLAGS) !== 0 ||
    both(flags, FLAG_BITMAP | FLAG_GAPS) ||
    both(flags, FLAG_EXPONENTS | FLAG_EXPONENT_ROW)
  ) {
    throw malformed('unknown flags in the columns', { flags });
  }
  const k = instantCount(reader);
  if (n * k > maxValues) throw overLimit('values of a frame', n * k, maxValues);
  const times = readTimes(reader, k);
  const runs = (flags & FLAG_ABSENT) === 0 ? null : readRuns(reader, n * k);
  const changed = readChanged(reader, flags, n);
  const exponents = readExponents(reader, flags, changed);
  const modes = k > 1 ? reader.take((changed + 3) >> 2) : null;

  const values = new Float64Array(n * k);
  if (base !== null) {
    const row = base.length === n ? base : base.subarray(0, n);
    for (let i = 0; i < k; i++) values.set(row, i * n);
  }
  const job = new ColumnJob(reader, n, k, values, base);
  for (let c = 0; c < changed; c++) {
    const mode = modes === null ? MODE_DELTAS : (modes[c >> 2]! >> ((c & 3) * 2)) & 3;
    job.column(CHANGED[c]!, mode, exponents ? EXPONENTS[c]! : NOT_STATED);
  }
  reader.end();
  const present = runs === null ? null : applyRuns(runs, n, k, values);
  return { times, values, present, finite: job.finite };
}

/** Columns that changed, and their exponents, of the section that is being read: nothing is called back meanwhile. */
const CHANGED = new Uint8Array(LIMITS.seriesPerPage);
const EXPONENTS = new Uint8Array(LIMITS.seriesPerPage);

/** What the values of a base row are as decimals: looked at once, since a row is named by many frames. */
interface BaseDecimals {
  readonly exponents: Uint8Array;
  readonly wholes: Float64Array;
  /** Whether all of them are. */
  readonly finite: boolean;
}

const ZEROS: BaseDecimals = {
  exponents: new Uint8Array(LIMITS.seriesPerPage),
  wholes: new Float64Array(LIMITS.seriesPerPage),
  finite: true,
};
const known = new WeakMap<Float64Array, BaseDecimals>();

function decimalsOf(base: Float64Array | null): BaseDecimals {
  if (base === null) return ZEROS;
  let decimals = known.get(base);
  if (decimals === undefined) {
    const exponents = Uint8Array.from(base, smallestExponent);
    const wholes = Float64Array.from(base, (value, j) => (exponents[j] === RAW ? 0 : scaled(value, exponents[j]!)));
    decimals = { exponents, wholes, finite: base.every(Number.isFinite) };
    known.set(base, decimals);
  }
  return decimals;
}

/** One column after another into the rows. */
class ColumnJob {
  readonly #reader: VarintReader;
  readonly #n: number;
  readonly #k: number;
  readonly #values: Float64Array;
  readonly #words: Uint32Array;
  readonly #base: Float64Array | null;
  readonly #decimal: BaseDecimals;
  /** No raw bits so far, and all of the base row is finite: a decimal always is. */
  finite: boolean;

  constructor(reader: VarintReader, n: number, k: number, values: Float64Array, base: Float64Array | null) {
    this.#reader = reader;
    this.#n = n;
    this.#k = k;
    this.#values = values;
    this.#words = new Uint32Array(values.buffer);
    this.#base = base;
    this.#decimal = decimalsOf(base);
    this.finite = this.#decimal.finite;
  }

  column(j: number, mode: number, stated: number): void {
    const own = this.#decimal.exponents[j]!;
    const exponent = stated === NOT_STATED ? own : stated;
    if (exponent === RAW) this.#raw(j, mode);
    else this.#decimals(j, mode, exponent, exponent === own ? this.#decimal.wholes[j]! : this.#startAt(j, exponent));
  }

  /** The base value as a whole number at an exponent that is not its own. */
  #startAt(j: number, exponent: number): number {
    const start = this.#base === null ? 0 : this.#base[j]!;
    return isExact(start, exponent) ? scaled(start, exponent) : 0;
  }

  #decimals(j: number, mode: number, exponent: number, start: number): void {
    const reader = this.#reader;
    const values = this.#values;
    const n = this.#n;
    const end = n * this.#k;
    const power = POWERS[exponent]!;
    let whole = start + reader.int();
    let widest = whole < 0 ? -whole : whole;
    values[j] = exponent === 0 ? whole : whole / power;
    let at = j + n;
    if (mode === MODE_DELTAS || mode === MODE_SECOND) {
      let step = 0;
      for (; at < end; at += n) {
        const change = reader.int();
        step = mode === MODE_SECOND ? step + change : change;
        whole += step;
        const width = whole < 0 ? -whole : whole;
        if (width > widest) widest = width;
        values[at] = whole / power;
      }
    } else if (mode === MODE_SPARSE) {
      const bits = reader.take((this.#k + 6) >> 3);
      let value = values[j]!;
      for (let i = 0; at < end; at += n, i++) {
        if ((bits[i >> 3]! >> (i & 7)) & 1) {
          whole += reader.int();
          const width = whole < 0 ? -whole : whole;
          if (width > widest) widest = width;
          value = whole / power;
        }
        values[at] = value;
      }
    } else {
      const value = values[j]!;
      for (; at < end; at += n) values[at] = value;
    }
    // Sums only grow by what is in the bytes, so none of them overflows to NaN before this.
    if (widest > Number.MAX_SAFE_INTEGER) throw malformed('a decimal past 2^53', { at: reader.at });
  }

  #raw(j: number, mode: number): void {
    this.finite = false;
    const words = this.#words;
    const stride = this.#n * 2;
    if (mode === MODE_SECOND || mode === MODE_SPARSE) throw malformed('raw bits in a mode for decimals');
    let low = words[j * 2]!;
    let high = words[j * 2 + 1]!;
    for (let i = 0, w = j * 2; i < this.#k; i++, w += stride) {
      if (i === 0 || mode === MODE_DELTAS) {
        const head = this.#reader.byte();
        const leading = head >> 4;
        const count = head & 15;
        if (leading + count > 8 || (count === 0 && head !== 0))
          throw malformed('raw bits of more than 8 bytes', { head });
        for (let b = leading; b < leading + count; b++) {
          const byte = this.#reader.byte();
          if (b < 4) high ^= byte << (24 - b * 8);
          else low ^= byte << (56 - b * 8);
        }
      }
      words[w] = low;
      words[w + 1] = high;
    }
  }
}

function instantCount(reader: VarintReader): number {
  const k = reader.uint();
  if (k < 1) throw malformed('columns of no instant');
  if (k > LIMITS.instants) throw overLimit('instants of a section', k, LIMITS.instants);
  if (k > reader.left) throw torn(`${k} instants, ${reader.left} bytes left`);
  return k;
}

function readTimes(reader: VarintReader, k: number): Float64Array {
  const times = new Float64Array(k);
  let last = 0;
  let step = 0;
  for (let i = 0; i < k; i++) {
    const change = reader.int();
    const delta = i < 2 ? change : change + step;
    last += delta;
    if (!Number.isSafeInteger(last)) throw malformed('a time past 2^53');
    times[i] = last;
    step = delta;
  }
  return times;
}

function readRuns(reader: VarintReader, cells: number): Float64Array {
  const count = reader.uint();
  if (count < 1) throw malformed('an empty list of absent cells');
  if (count * 2 > reader.left) throw torn(`${count} runs of absent cells, ${reader.left} bytes left`);
  if (count > cells) throw overLimit('runs of absent cells', count, cells);
  const runs = new Float64Array(count * 2);
  let after = 0;
  for (let i = 0; i < count; i++) {
    const start = after + reader.uint();
    const end = start + reader.uint() + 1;
    if (end > cells) throw malformed('an absent cell outside the columns', { end, cells });
    runs[i * 2] = start;
    runs[i * 2 + 1] = end;
    after = end;
  }
  return runs;
}

/** How many columns changed; which, stands in CHANGED. */
function readChanged(reader: VarintReader, flags: number, n: number): number {
  if ((flags & FLAG_BITMAP) !== 0) {
    const bits = reader.take((n + 7) >> 3);
    let count = 0;
    for (let b = 0; b < bits.length; b++) {
      for (let left = bits[b]!; left !== 0; left &= left - 1) {
        const j = b * 8 + 31 - Math.clz32(left & -left);
        if (j >= n) throw malformed('a changed column outside the page');
        CHANGED[count++] = j;
      }
    }
    return count;
  }
  if ((flags & FLAG_GAPS) === 0) return 0;
  const count = reader.uint();
  if (count > n) throw overLimit('changed columns', count, n);
  let last = -1;
  for (let i = 0; i < count; i++) {
    last += reader.uint() + 1;
    if (last >= n) throw malformed('a changed column outside the page');
    CHANGED[i] = last;
  }
  return count;
}

/** Whether exponents are stated; which, stands in EXPONENTS. */
function readExponents(reader: VarintReader, flags: number, columns: number): boolean {
  if ((flags & FLAG_EXPONENT_ROW) !== 0) {
    const nibbles = reader.take((columns + 1) >> 1);
    for (let c = 0; c < columns; c++) EXPONENTS[c] = exponentOf((nibbles[c >> 1]! >> ((c & 1) * 4)) & 15);
    return true;
  }
  if ((flags & FLAG_EXPONENTS) === 0) return false;
  const count = reader.uint();
  if (count > columns) throw overLimit('stated exponents', count, columns);
  EXPONENTS.fill(NOT_STATED, 0, columns);
  let last = -1;
  for (let i = 0; i < count; i++) {
    last += reader.uint() + 1;
    if (last >= columns) throw malformed('an exponent for a column that did not change');
    EXPONENTS[last] = exponentOf(reader.byte());
  }
  return true;
}

function exponentOf(code: number): number {
  if (code > MAX_EXPONENT && code !== RAW) throw malformed('an exponent that is not known', { code });
  return code;
}

function both(flags: number, pair: number): boolean {
  return (flags & pair) === pair;
}

function applyRuns(runs: Float64Array, n: number, k: number, values: Float64Array): Uint8Array {
  const present = new Uint8Array(n * k).fill(1);
  for (let r = 0; r < runs.length; r += 2) {
    for (let cell = runs[r]!; cell < runs[r + 1]!; cell++) {
      const at = (cell % k) * n + Math.floor(cell / k);
      present[at] = 0;
      values[at] = 0;
    }
  }
  return present;
}
