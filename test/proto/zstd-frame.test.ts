import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { statedZstdSize, storedZstd } from '../../proto/zstd-frame.ts';
import { Random } from './random.ts';

const SIZES = [0, 1, 255, 256, 65_791, 65_792, 131_071, 131_072, 131_073, 262_144, 1_000_000];

test('what is stored comes back from zstd, and says how large it is', () => {
  const random = new Random(3);
  for (const size of SIZES) {
    const bytes = random.bytes(size);
    const stored = storedZstd(bytes);
    expect(stored.length - size).toBeLessThanOrEqual(9 + 3 * Math.max(1, Math.ceil(size / 131_072)));
    expect(Buffer.compare(zstdDecompressSync(stored), bytes)).toBe(0);
    expect(statedZstdSize(stored)).toBe(size);
  }
});

test('the size is read from frames that zstd made', () => {
  for (const size of SIZES) {
    const bytes = new Uint8Array(size).fill(65);
    expect(statedZstdSize(zstdCompressSync(bytes))).toBe(size);
  }
});

test('what does not say its size, or is no frame, has none', () => {
  const silent = zstdCompressSync(new Uint8Array(1000), { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } });
  expect(statedZstdSize(silent)).toBeNull();
  expect(statedZstdSize(new Uint8Array(20))).toBeNull();
  const stored = storedZstd(new Uint8Array(100));
  for (let length = 0; length < 9; length++) expect(statedZstdSize(stored.subarray(0, length))).toBeNull();
});
