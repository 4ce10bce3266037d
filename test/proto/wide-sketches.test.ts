import { expect, test } from 'vitest';
import { sketchesBodies } from '../../collector/core/pushed/sketches.ts';
import { addToDistribution, startDistribution } from '../../lib/distribution.ts';
import { CborReader } from '../../proto/cbor-reader.ts';
import { decodeFrame, encodeFrame, sketchSeries } from '../../proto/frame.ts';
import { LIMITS } from '../../proto/limits.ts';
import {
  encodeSketchesBody,
  HOST_RULE,
  readSketches,
  type SketchGroup,
  type SketchWindow,
} from '../../proto/sketches.ts';
import { header, TOOLS } from './samples.ts';

/** Groups with a value at each end of the range, on both sides: all that a sketch can have. */
function wide(groups: number): SketchGroup[] {
  return Array.from({ length: groups }, (_, i) => {
    const distribution = startDistribution(0);
    for (const value of [2 ** -63, 2 ** 63]) {
      for (const signed of [value, -value]) addToDistribution(distribution, signed, []);
    }
    return { series: { name: `x${1000 + i}`, labels: [] }, distribution };
  });
}

const plan = { quantiles: [0.5], bounds: [], plain: [] };
const windowOf = (groups: readonly SketchGroup[]): SketchWindow => {
  return { ...plan, rule: HOST_RULE, worker: null, end: 1000, lateness: 0, groups };
};

/** A body as somebody else writes it who knows no limit: each group with all of its buckets. */
function unbounded(groups: number): Uint8Array {
  const one = encodeSketchesBody(windowOf(wide(1)));
  const other = encodeSketchesBody(windowOf(wide(2)));
  const [, group] = wide(2);
  const size = other.length - one.length;
  const pattern = other.subarray(other.length - size);
  const name = Buffer.from(pattern).indexOf(group!.series.name);
  const head = one.subarray(0, one.length - size - 1);
  const all = Array.from({ length: groups }, (_, i) => {
    const bytes = Uint8Array.from(pattern);
    bytes.set(Buffer.from(`x${1000 + i}`), name);
    return bytes;
  });
  // An array of 24 and more has its length in a byte or two of its own.
  const length = groups < 256 ? [0x98, groups] : [0x99, groups >> 8, groups & 255];
  return Buffer.concat([head, Uint8Array.from(length), ...all]);
}

test('a frame of few bytes that stand for many buckets is refused before it is decoded', () => {
  const frame = (groups: number) =>
    encodeFrame(header({ class: 'metric', kind: 'sketches', count: groups }), unbounded(groups));
  expect(frame(256).length).toBeLessThan(16_384);
  expect(decodeFrame(frame(24), TOOLS)).toMatchObject({ window: { groups: { length: 24 } } });
  expect(() => decodeFrame(frame(256), TOOLS)).toThrow(/HG_WIRE_LIMIT/);
  expect(() => encodeSketchesBody(windowOf(wide(256)))).toThrow(/HG_WIRE_LIMIT/);
  // Who passes it on needs the series alone.
  expect(sketchSeries(frame(256)).map(({ name }) => name)).toEqual(wide(256).map(({ series }) => series.name));
  expect(() => sketchSeries(frame(24).subarray(0, -1))).toThrow(/HG_WIRE_TORN/);
});

test('honest sketches that are as wide go into several frames', () => {
  const bodies = sketchesBodies({ rule: HOST_RULE, end: 1000, plan }, wide(256));
  expect(bodies.length).toBeGreaterThan(1);
  const read = bodies.map(({ body }) => readSketches(new CborReader(body)));
  expect(read.flatMap(({ groups }) => groups)).toHaveLength(256);
  expect(bodies.length).toBeLessThanOrEqual((256 * 32_768) / (LIMITS.sketchCells / 2));
});
