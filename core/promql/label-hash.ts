import type { Labels } from './labels.ts';

/**
 * Prometheus' hash of a label set, which limit_ratio chooses by: xxHash64 (github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md)
 * of each name and value with its length before it. A length below 255 is one byte, a larger one 255 and three bytes.
 */
export function hashOfLabels(labels: Labels): bigint {
  const parts = labels.flatMap((text) => {
    const bytes = Buffer.from(text);
    const { length } = bytes;
    const size = length < 255 ? [length] : [255, length & 255, (length >> 8) & 255, (length >> 16) & 255];
    return [Buffer.from(size), bytes];
  });
  return xxHash64(Buffer.concat(parts));
}

const MASK = (1n << 64n) - 1n;
const P1 = 0x9e3779b185ebca87n;
const P2 = 0xc2b2ae3d27d4eb4fn;
const P3 = 0x165667b19e3779f9n;
const P4 = 0x85ebca77c2b2ae63n;
const P5 = 0x27d4eb2f165667c5n;

const rotate = (value: bigint, bits: bigint) => ((value << bits) | (value >> (64n - bits))) & MASK;
const round = (sum: bigint, input: bigint) => (rotate((sum + input * P2) & MASK, 31n) * P1) & MASK;
const merge = (hash: bigint, sum: bigint) => ((hash ^ round(0n, sum)) * P1 + P4) & MASK;

/** With seed 0. */
export function xxHash64(data: Buffer): bigint {
  let at = 0;
  let hash = P5;
  if (data.length >= 32) {
    let [a, b, c, d] = [(P1 + P2) & MASK, P2, 0n, -P1 & MASK] as [bigint, bigint, bigint, bigint];
    for (; at + 32 <= data.length; at += 32) {
      a = round(a, data.readBigUInt64LE(at));
      b = round(b, data.readBigUInt64LE(at + 8));
      c = round(c, data.readBigUInt64LE(at + 16));
      d = round(d, data.readBigUInt64LE(at + 24));
    }
    hash = (rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n)) & MASK;
    for (const sum of [a, b, c, d]) hash = merge(hash, sum);
  }
  hash = (hash + BigInt(data.length)) & MASK;
  for (; at + 8 <= data.length; at += 8) {
    hash = (rotate(hash ^ round(0n, data.readBigUInt64LE(at)), 27n) * P1 + P4) & MASK;
  }
  if (at + 4 <= data.length) {
    hash = (rotate(hash ^ ((BigInt(data.readUInt32LE(at)) * P1) & MASK), 23n) * P2 + P3) & MASK;
    at += 4;
  }
  for (; at < data.length; at++) hash = (rotate(hash ^ ((BigInt(data[at]!) * P5) & MASK), 11n) * P1) & MASK;
  hash = ((hash ^ (hash >> 33n)) * P2) & MASK;
  hash = ((hash ^ (hash >> 29n)) * P3) & MASK;
  return hash ^ (hash >> 32n);
}
