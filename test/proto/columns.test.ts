import { describe, expect, it } from 'vitest';
import { BasePolicy } from '../../proto/base-policy.ts';
import { ColumnEncoder, columnInstants, decodeColumns } from '../../proto/columns.ts';
import { loadRecording } from '../../simulator/recording.ts';
import { bitsOf, KINDS, putBits, putRandom } from './doubles.ts';
import { Random, seeds } from './random.ts';

const encoder = new ColumnEncoder();

function there(n: number, times: number[], values: Float64Array, base: Float64Array | null = null): Uint8Array {
  const instants = Float64Array.from(times);
  const bytes = encoder.encode(n, instants, values, null, base);
  const back = decodeColumns(bytes, n, base);
  expect(back.times).toEqual(instants);
  expect(back.present).toBeNull();
  expect(bitsOf(back.values)).toEqual(bitsOf(values));
  return bytes;
}

describe('metric columns', () => {
  it('keep every bit of NaN payloads, infinities, -0, subnormals and integers past 2^53', () => {
    const values = new Float64Array(40);
    const words: [number, number][] = [
      [0x7ff00000, 2],
      [0x7ff80000, 1],
      [0x7ff00000, 0],
      [0xfff00000, 0],
      [0x80000000, 0],
      [0, 1],
      [0x43400000, 1],
      [0x7fefffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x3fb99999, 0x9999999a],
    ];
    words.forEach(([high, low], j) => {
      putBits(values, j, high, low);
      putBits(values, 10 + ((j + 3) % 10), high, low);
      values[20 + j] = j + 0.5;
      putBits(values, 30 + j, high, low);
    });
    there(10, [1, 2, 3, 4], values);
    there(10, [1, 2, 3, 4], values, values.slice(10, 20));
    there(40, [1], values);
    there(40, [1], values, values.slice());
  });

  it('keep times that jitter, step back and repeat', () => {
    const times = [1795403357501, 1795403358529, 1795403358529, 1795403358400, 0, -5, 2 ** 50, 1795403357501];
    there(
      1,
      times,
      Float64Array.from(times, (_, i) => i),
    );
  });

  it('say that all is finite only where it is, and always of decimals', () => {
    const finite = (values: number[], base: number[] | null, n = 2) => {
      const row = base === null ? null : Float64Array.from(base);
      const times = Float64Array.from({ length: values.length / n }, (_, i) => i * 1_000);
      return decodeColumns(encoder.encode(n, times, Float64Array.from(values), null, row), n, row).finite;
    };
    expect(finite([1, 2.5, -3, 1e6], null)).toBe(true);
    expect(finite([1, 2.5, -3, 1e6], [1, 2])).toBe(true);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(finite([1, bad, 1, 2], null)).toBe(false);
      // It stands in the base row alone, and in no byte of the frame.
      expect(finite([1, bad, 1, bad], [1, bad])).toBe(false);
    }
  });

  it('refuse times that are not whole ms', () => {
    for (const time of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(() => encoder.encode(1, Float64Array.of(time), Float64Array.of(1), null, null)).toThrow('HG_WIRE_VALUE');
    }
  });

  it('keep absent cells apart from values, even where a whole series is gone', () => {
    const n = 3;
    const values = Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
    const present = Uint8Array.of(1, 0, 1, 1, 0, 1, 0, 0, 1);
    const bytes = encoder.encode(n, Float64Array.of(10, 20, 30), values, present, null);
    const back = decodeColumns(bytes, n, null);
    expect([...back.present!]).toEqual([...present]);
    expect([...back.values]).toEqual([1, 0, 3, 4, 0, 6, 0, 0, 9]);
    const all = encoder.encode(n, Float64Array.of(10, 20, 30), values, new Uint8Array(9).fill(1), null);
    expect(decodeColumns(all, n, null).present).toBeNull();
  });

  it('cost a few bytes where nothing changed since the base', () => {
    const base = Float64Array.from({ length: 256 }, (_, j) => j / 8);
    const bytes = there(256, [1795403357501], base.slice(), base);
    expect(bytes.length).toBeLessThan(10);
    expect(columnInstants(bytes)).toBe(1);
  });

  it('cost one byte a sample for a steady counter', () => {
    const k = 60;
    const values = Float64Array.from({ length: k }, (_, i) => 1_000_000 + i * 123_456);
    const times = Array.from({ length: k }, (_, i) => 1795403357501 + i * 1000);
    expect(there(1, times, values).length).toBeLessThan(2 * k + 20);
  });

  it('do not depend on what the encoder did before', () => {
    const values = Float64Array.of(1.5, Number.NaN, 3, 2.5, 7, 3);
    const times = Float64Array.of(1, 2);
    const first = encoder.encode(3, times, values, null, null);
    encoder.encode(2, times, Float64Array.of(9, 9.25, 1e300, 2), Uint8Array.of(1, 0, 1, 1), null);
    expect(encoder.encode(3, times, values, null, null)).toEqual(first);
    expect(new ColumnEncoder().encode(3, times, values, null, null)).toEqual(first);
  });

  for (const seed of seeds(40)) {
    it(`keep random shapes, doubles and gaps, seed ${seed}`, () => {
      const random = new Random(seed);
      for (let round = 0; round < 25; round++) {
        const n = 1 + random.below(random.below(4) === 0 ? 256 : 12);
        const k = 1 + random.below(random.below(3) === 0 ? 40 : 6);
        const values = new Float64Array(n * k);
        const base = random.below(2) === 0 ? null : new Float64Array(n);
        const mix = random.below(3);
        for (let j = 0; j < n; j++) {
          const column = random.below(KINDS);
          const kind = () => (mix === 0 || random.below(10) === 0 ? random.below(KINDS) : column);
          if (base !== null) putRandom(random, base, j, kind());
          for (let i = 0; i < k; i++) {
            if (i > 0 && random.below(2) === 0) {
              bitsOf(values).copyWithin((i * n + j) * 8, ((i - 1) * n + j) * 8, ((i - 1) * n + j) * 8 + 8);
            } else putRandom(random, values, i * n + j, kind());
          }
        }
        const present = random.below(2) === 0 ? null : Uint8Array.from(values, () => (random.below(5) === 0 ? 0 : 1));
        let time = random.bits();
        const times = Float64Array.from({ length: k }, () => (time += random.below(3000) - 500));
        const back = decodeColumns(encoder.encode(n, times, values, present, base), n, base);
        expect(back.times).toEqual(times);
        for (let at = 0; at < n * k; at++) {
          expect(back.present === null ? 1 : back.present[at]).toBe(present === null ? 1 : present[at]);
          if (present === null || present[at] === 1) {
            if (
              Buffer.compare(
                bitsOf(back.values).subarray(at * 8, at * 8 + 8),
                bitsOf(values).subarray(at * 8, at * 8 + 8),
              )
            ) {
              expect.fail(`cell ${at} of ${n} x ${k}: ${values[at]} came back as ${back.values[at]}`);
            }
          } else expect(back.values[at]).toBe(0);
        }
      }
    });
  }

  it('keep a recorded host bit for bit, and within the promised 1.6 bytes a sample', () => {
    const { times, series, values } = loadRecording();
    const n = 250;
    const policy = new BasePolicy();
    let base = new Float64Array(n);
    let bytes = 0;
    let samples = 0;
    for (let row = 0; row + 5 <= times.length; row += 5) {
      const rows = new Float64Array(5 * n);
      for (let i = 0; i < 5; i++)
        rows.set(values.subarray((row + i) * series.length, (row + i) * series.length + n), i * n);
      if (policy.due(times[row]!)) {
        base = rows.slice(0, n);
        policy.renewed(times[row]!, n * 2);
        bytes += n * 2;
      }
      const columns = there(n, [...times.subarray(row, row + 5)], rows, base);
      policy.encoded(columns.length);
      bytes += columns.length;
      samples += rows.length;
    }
    expect(bytes / samples).toBeLessThan(1.6);
  });
});
