import { mixBits } from '../mix-bits.ts';

/** A 64-bit hash as two halves; both are good for choosing by. */
export interface Hash64 {
  readonly high: number;
  readonly low: number;
}

const mutable = { high: 0, low: 0 };

/**
 * The hash of a series: of all its labels, in their order. The object is used again by the next call, so that a million
 * series make no garbage.
 */
export function hashSeries(labels: readonly (readonly [string, string])[]): Hash64 {
  let high = 0x41c6ce57;
  let low = 0x5bd1e995;
  for (const [name, value] of labels) {
    for (let part = 0; part < 2; part++) {
      const text = part === 0 ? name : value;
      for (let i = 0; i < text.length; i++) {
        const code = text.charCodeAt(i);
        high = Math.imul(high ^ code, 0x9e3779b1);
        low = Math.imul(low ^ code, 0x85ebca77);
      }
      // The length parts names from values: any character may stand in either.
      high = Math.imul(high ^ text.length ^ (high >>> 15), 0xc2b2ae3d);
      low = Math.imul(low ^ text.length ^ (low >>> 13), 0x27d4eb2f);
    }
  }
  mutable.high = mixBits(high ^ (low >>> 7));
  mutable.low = mixBits(low ^ (high >>> 11));
  return mutable;
}

/** 32 bits of a text. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x9e3779b1) ^ (hash >>> 15);
  return mixBits(hash ^ text.length);
}
