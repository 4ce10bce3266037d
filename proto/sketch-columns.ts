import { startSum, sumOf } from '../lib/compensated.ts';
import { type Distribution, startDistribution } from '../lib/distribution.ts';
import { HeliographError } from '../lib/errors.ts';
import { addCount, type Buckets, LEAST_KEY, MOST_KEY, startSketch } from '../lib/sketch.ts';
import type { Rest } from '../lib/window-part.ts';
import type { CborReader } from './cbor-reader.ts';
import type { CborWriter } from './cbor-writer.ts';
import { LIMITS } from './limits.ts';
import { VarintReader, VarintWriter } from './varint.ts';
import { overLimit } from './wire-error.ts';

export type { Distribution };

/** How many further buckets the sketches of a frame may have, empty ones between others included. */
export interface CellRoom {
  left: number;
}

/** Varints that a side of a sketch may have: two for each bucket. */
const SIDE_BYTES = (MOST_KEY - LEAST_KEY + 1) * 16;

/** [zeros, least, greatest, sum, below, above, buckets]; the last three are varints. docs/wire.md has the layout. */
export function writeDistribution(writer: CborWriter, { sketch, sum, buckets }: Distribution): void {
  writer.array(7).uint(sketch.zeros).number(sketch.least).number(sketch.greatest).number(sumOf(sum));
  writer.bytes(sideBytes(sketch.below)).bytes(sideBytes(sketch.above));
  const counts = new VarintWriter(buckets.length * 2);
  for (const count of buckets) counts.uint(count);
  writer.bytes(counts.view());
}

/**
 * @param bounds how many the histogram has
 * @param room becomes less by what the sketch has
 * @throws HG_WIRE_*; HG_WIRE_SKETCH where its parts do not agree
 */
export function readDistribution(reader: CborReader, bounds: number, room: CellRoom): Distribution {
  reader.tuple(7, 'a sketch');
  const zeros = reader.uint('the zeros of a sketch');
  const least = reader.number('the least value of a sketch');
  const greatest = reader.number('the greatest value of a sketch');
  const sum = reader.number('the sum of a sketch');
  const sketch = { ...startSketch(), zeros, least, greatest };
  sketch.count = zeros;
  for (const side of ['below', 'above'] as const) {
    sketch.count += readSide(reader.bytes(SIDE_BYTES, 'a side of a sketch'), sketch[side], room);
  }
  const { count } = sketch;
  checkSummary(count, least, greatest, sum);
  const buckets = readBuckets(reader.bytes(LIMITS.sketchNumbers * 16, 'the buckets of a sketch'), bounds, count);
  return { sketch, sum: { ...startSum(), sum }, buckets };
}

/** [count, least, greatest, sum]: of a distribution of which neither quantiles nor buckets are wanted. */
export function writeSummary(writer: CborWriter, { sketch, sum }: Distribution): void {
  writer.array(4).uint(sketch.count).number(sketch.least).number(sketch.greatest).number(sumOf(sum));
}

/** @throws HG_WIRE_*; HG_WIRE_SKETCH where its parts do not agree */
export function readSummary(reader: CborReader): Distribution {
  reader.tuple(4, 'a summary');
  const count = reader.uint('the count of a summary');
  const least = reader.number('the least value of a summary');
  const greatest = reader.number('the greatest value of a summary');
  const sum = reader.number('the sum of a summary');
  checkSummary(count, least, greatest, sum);
  const { sketch, buckets } = startDistribution(0);
  return { sketch: { ...sketch, count, least, greatest }, sum: { ...startSum(), sum }, buckets };
}

/** [mean, squares, time, value, increase, series] */
export function writeRest(writer: CborWriter, { mean, squares, time, value, increase, series }: Rest): void {
  writer.array(6).number(mean).number(squares).number(time).number(value).number(sumOf(increase)).uint(series);
}

/** @throws HG_WIRE_* */
export function readRest(reader: CborReader): Rest {
  reader.tuple(6, 'the rest of a window');
  const mean = reader.number('the mean of a window');
  const squares = reader.number('the squares of a window');
  const time = reader.finite('the time of the newest sample');
  const value = reader.number('the newest sample');
  const increase = reader.number('the increase of a window');
  return { mean, squares, time, value, increase: { ...startSum(), sum: increase }, series: reader.uint('the series') };
}

function checkSummary(count: number, least: number, greatest: number, sum: number): void {
  if (count < 1 || count > LIMITS.integer) throw disagrees(`${count} values`);
  // NaN is less than nothing.
  if (!(least <= greatest)) throw disagrees(`values from ${least} to ${greatest}`);
  // Infinities of both signs have no sum.
  const unbounded = least === Number.NEGATIVE_INFINITY && greatest === Number.POSITIVE_INFINITY;
  if (Number.isNaN(sum) && !unbounded) throw disagrees('a sum that is no number');
}

function sideBytes({ from, counts }: Buckets): Uint8Array {
  const writer = new VarintWriter(64);
  let last = LEAST_KEY;
  for (const [i, count] of counts.entries()) {
    if (count === 0) continue;
    writer.uint(from + i - last);
    writer.uint(count);
    last = from + i;
  }
  return writer.view();
}

/** @returns how many values it stands for */
function readSide(bytes: Uint8Array, into: Buckets, room: CellRoom): number {
  const reader = new VarintReader(bytes);
  let total = 0;
  for (let key = LEAST_KEY, first = true; reader.left > 0; first = false) {
    const gap = reader.uint();
    const count = reader.uint();
    key += gap;
    if (key > MOST_KEY || (gap === 0 && !first)) throw disagrees(`the bucket ${key} out of order`);
    if (count === 0) throw disagrees(`no value in bucket ${key}`);
    total += count;
    // Before anything is made of it: two buckets far from each other are a few bytes.
    room.left -= first ? 1 : gap;
    if (room.left < 0) throw overLimit('buckets of a frame', LIMITS.sketchCells - room.left, LIMITS.sketchCells);
    addCount(into, key, count);
  }
  return total;
}

function readBuckets(bytes: Uint8Array, bounds: number, count: number): number[] {
  const reader = new VarintReader(bytes);
  const buckets: number[] = [];
  for (let left = bounds === 0 ? 0 : bounds + 1; left > 0; left--) buckets.push(reader.uint());
  reader.end();
  const total = buckets.reduce((sum, one) => sum + one, 0);
  if (bounds > 0 && total !== count) throw disagrees(`${count} values, ${total} of them in buckets`);
  return buckets;
}

function disagrees(detail: string): HeliographError {
  return new HeliographError('HG_WIRE_SKETCH', detail);
}
