import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { packBlock, unpackBlock } from '../../relay/block-packing.ts';

const MOST = 1 << 24;

test('what is compressed already is not made larger than a few bytes, and comes back', () => {
  const bytes = randomBytes(768 * 1024);
  const packed = packBlock(bytes);
  expect(packed.length).toBeLessThan(bytes.length + 64);
  // As it was, at the place where zstd would have put it.
  expect(Buffer.from(packed).includes(bytes.subarray(300_000, 300_100))).toBe(true);
  expect(Buffer.compare(unpackBlock(packed, MOST), bytes)).toBe(0);
});

test('what shrinks is compressed, large and small', () => {
  for (const size of [100, 10_000, 768 * 1024]) {
    const bytes = Buffer.alloc(size, 'GET /api/orders 200 12ms ');
    const packed = packBlock(bytes);
    expect(packed.length).toBeLessThan(Math.max(60, size / 20));
    expect(Buffer.compare(unpackBlock(packed, MOST), bytes)).toBe(0);
  }
});

test('a block of which a part shrinks is compressed', () => {
  const bytes = Buffer.concat([randomBytes(400_000), Buffer.alloc(400_000, 'GET /api/orders 200 12ms ')]);
  expect(packBlock(bytes).length).toBeLessThan(410_000);
});
