import { describe, expect, it } from 'vitest';
import { decodeUtf8, encodeUtf8 } from '../../proto/utf8.ts';
import { Random, seeds } from './random.ts';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

describe('UTF-8', () => {
  it('reads and writes as the platform does', () => {
    const texts = [
      '',
      'a',
      'ü',
      '€',
      '😀',
      '\u0000',
      '\ufeffx',
      '\ud800',
      'x\udc00\ud83d',
      '\ud83d\ud83d\ude00',
      'a'.repeat(10_000),
    ];
    for (const text of texts) {
      const bytes = encodeUtf8(text);
      expect(bytes).toEqual(new TextEncoder().encode(text));
      expect(decodeUtf8(bytes, 0, bytes.length)).toBe(decoder.decode(bytes));
    }
  });

  for (const seed of seeds(10)) {
    it(`replaces broken sequences as the platform does, seed ${seed}`, () => {
      const random = new Random(seed);
      const leads = [
        0x61, 0xc0, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff, 0x80, 0x9f, 0xa0, 0xbf, 0x90, 0x8f,
      ];
      for (let round = 0; round < 500; round++) {
        const bytes = random.below(2)
          ? random.bytes(random.below(30))
          : Uint8Array.from({ length: 12 }, () => random.pick(leads));
        expect(decodeUtf8(bytes, 0, bytes.length)).toBe(decoder.decode(bytes));
      }
    });
  }
});
