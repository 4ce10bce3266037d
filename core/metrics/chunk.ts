import { ByteReader, ByteWriter } from './bytes.ts';
import { decodeValues, encodeValues } from './values.ts';

/**
 * A chunk: the samples of one series in one window, as bytes.
 *   chunk = varint length of what follows, varint count, varint first, varint last - first, times, values
 *   times = when all steps are equal: 0, varint step; else 1, then the changes of the step as zigzag varints
 * `first` and `last` are ms from the start of the window; times ascend and none stands twice.
 * In memory a sample is three 32-bit words: ms from the start of the window, low and high word of the double. So no
 * value ever passes through arithmetic that could change the bits of a NaN.
 */
export const WORDS = 3;

/** Samples a chunk holds before it is encoded. */
export const CHUNK_SAMPLES = 120;

/** Encodes `count` samples in arrival order; of equal times the last stands. `sorted`: they ascend strictly already. */
export function encodeChunk(words: Uint32Array, count: number, sorted: boolean): Uint8Array {
  const [ordered, n] = sorted ? [words, count] : inOrder(words, count);
  const writer = body;
  writer.length = 0;
  writer.varint(n);
  const first = ordered[0]!;
  const last = ordered[(n - 1) * WORDS]!;
  writer.varint(first);
  writer.varint(last - first);
  encodeTimes(writer, ordered, n);
  encodeValues(writer, ordered, n);
  const length = writer.length;
  header.length = 0;
  header.varint(length);
  const out = new Uint8Array(header.length + length);
  out.set(header.bytes.subarray(0, header.length));
  out.set(writer.bytes.subarray(0, length), header.length);
  return out;
}

const body = new ByteWriter();
const header = new ByteWriter();

/** Sorted by time, the last of equal times kept. */
export function inOrder(words: Uint32Array, count: number): [Uint32Array, number] {
  const order = Array.from({ length: count }, (_, i) => i).sort(
    (a, b) => words[a * WORDS]! - words[b * WORDS]! || a - b,
  );
  const out = new Uint32Array(count * WORDS);
  let n = 0;
  for (let i = 0; i < count; i++) {
    const from = order[i]! * WORDS;
    if (n > 0 && out[(n - 1) * WORDS] === words[from]) n--;
    out[n * WORDS] = words[from]!;
    out[n * WORDS + 1] = words[from + 1]!;
    out[n * WORDS + 2] = words[from + 2]!;
    n++;
  }
  return [out, n];
}

function encodeTimes(writer: ByteWriter, words: Uint32Array, n: number): void {
  const step = n > 1 ? words[WORDS]! - words[0]! : 0;
  let equal = true;
  for (let i = 2; i < n && equal; i++) equal = words[i * WORDS]! - words[(i - 1) * WORDS]! === step;
  if (equal) {
    writer.byte(0);
    writer.varint(step);
    return;
  }
  writer.byte(1);
  let before = 0;
  for (let i = 1; i < n; i++) {
    const now = words[i * WORDS]! - words[(i - 1) * WORDS]!;
    writer.zigzag(now - before);
    before = now;
  }
}

/** Samples decoded one after another into growing columns; the values also as words, for exact bits. */
export class SampleColumns {
  count = 0;
  times = new Float64Array(512);
  values = new Float64Array(512);
  words = new Uint32Array(this.values.buffer);
  /** False as soon as a time is not above the one before it. */
  ascending = true;

  room(more: number): void {
    if (this.count + more <= this.times.length) return;
    const size = Math.max(this.times.length * 2, this.count + more);
    const times = new Float64Array(size);
    times.set(this.times.subarray(0, this.count));
    const values = new Float64Array(size);
    values.set(this.values.subarray(0, this.count));
    this.times = times;
    this.values = values;
    this.words = new Uint32Array(values.buffer);
  }

  clear(): void {
    this.count = 0;
    this.ascending = true;
  }

  /**
   * Appends every chunk in `bytes` that touches [start, end]; `base` is the start of their window. All in ms. `room` is told
   * how many samples there will be before each.
   */
  addChunks(bytes: Uint8Array, base: number, start: number, end: number, room: (samples: number) => void): void {
    let at = 0;
    while (at < bytes.length) {
      const reader = new ByteReader(bytes, at);
      const length = reader.varint();
      at = reader.at + length;
      const n = reader.varint();
      const first = base + reader.varint();
      const last = first + reader.varint();
      if (last < start || first > end) continue;
      room(this.count + n);
      this.#add(reader, n, first);
      if (first < start || last > end) this.#cut(n, start, end);
    }
  }

  /** Appends samples as they stand in the head. */
  addWords(words: Uint32Array, count: number, base: number, start: number, end: number): void {
    this.room(count);
    let at = this.count;
    let before = at > 0 ? this.times[at - 1]! : Number.NEGATIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      const time = base + words[i * WORDS]!;
      if (time < start || time > end) continue;
      if (time <= before) this.ascending = false;
      before = time;
      this.times[at] = time;
      this.words[at * 2] = words[i * WORDS + 1]!;
      this.words[at * 2 + 1] = words[i * WORDS + 2]!;
      at++;
    }
    this.count = at;
  }

  /** What was gathered, ascending, of equal times the last added; then empties itself. */
  take(): { times: Float64Array; values: Float64Array } {
    const n = this.count;
    const out = this.ascending ? { times: this.times.slice(0, n), values: this.values.slice(0, n) } : this.#sorted();
    this.clear();
    return out;
  }

  #add(reader: ByteReader, n: number, first: number): void {
    this.room(n);
    const { times } = this;
    let at = this.count;
    if (at > 0 && times[at - 1]! >= first) this.ascending = false;
    let time = first;
    times[at++] = time;
    if (reader.byte() === 0) {
      const step = reader.varint();
      for (let i = 1; i < n; i++) {
        time += step;
        times[at++] = time;
      }
    } else {
      let step = 0;
      for (let i = 1; i < n; i++) {
        step += reader.zigzag();
        time += step;
        times[at++] = time;
      }
    }
    decodeValues(reader, n, this.values, this.words, this.count);
    this.count = at;
  }

  /** Takes out of the last n samples those outside [start, end]. They ascend, so the rest is one piece. */
  #cut(n: number, start: number, end: number): void {
    const from = this.count - n;
    let low = from;
    while (low < this.count && this.times[low]! < start) low++;
    let high = this.count;
    while (high > low && this.times[high - 1]! > end) high--;
    this.times.copyWithin(from, low, high);
    this.values.copyWithin(from, low, high);
    this.count = from + high - low;
  }

  #sorted(): { times: Float64Array; values: Float64Array } {
    const { times, words, count } = this;
    const order = Uint32Array.from({ length: count }, (_, i) => i).sort((a, b) => times[a]! - times[b]! || a - b);
    const outTimes = new Float64Array(count);
    const outValues = new Float64Array(count);
    const outWords = new Uint32Array(outValues.buffer);
    let n = 0;
    for (let i = 0; i < count; i++) {
      const from = order[i]!;
      if (n > 0 && outTimes[n - 1] === times[from]) n--;
      outTimes[n] = times[from]!;
      outWords[n * 2] = words[from * 2]!;
      outWords[n * 2 + 1] = words[from * 2 + 1]!;
      n++;
    }
    return { times: outTimes.slice(0, n), values: outValues.slice(0, n) };
  }
}
