import { expect, test } from 'vitest';
import { coverWithStars } from '../../../lib/mask/cover.ts';
import { MASK_KINDS, type MaskKind, masksOf } from '../../../lib/mask/kinds.ts';
import { MaskStage } from '../../../lib/mask/mask.ts';
import { nodeText } from '../../../lib/mask/node-text.ts';

const NEWLINE = 10;
const STAR = 42;
/** Secrets of each kind, and what stands between them in lines. */
const PARTS = [
  ...[
    '4111 1111 1111 1111',
    '4111111111111111',
    'password=hunter2x',
    'token: abcdefg12345',
    'Bearer abcdefgh1234',
    'bob@example.com',
  ],
  ...[
    'DE89 3704 0044 0532 0130 00',
    'DE89370400440532013000',
    '078-05-1120',
    '12345678Z',
    '+49 30 1234567',
    '(555) 123-4567',
  ],
  ...[
    'http://ann:secret9@db.example/',
    `ghp_${'a1B2'.repeat(9)}`,
    '10.20.30.40',
    '2001:db8::1',
    '-----BEGIN PRIVATE KEY-----',
  ],
  ...['lorem', 'ipsum=', '"', '\\"', ' ', ', ', '=', ':', '_', '@', '\n', '\n', '4111', '00', 'x', '/', 'ü'],
];

/** Always the same numbers below `below` (Park and Miller). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** As it is meant, and slowly: of lines in which something was covered, all that any kind finds in the text as it was. */
function plainly(kinds: readonly MaskKind[], bytes: Uint8Array): Uint8Array {
  const masks = masksOf(kinds, coverWithStars);
  const result = bytes.slice();
  for (const mask of masks) if (mask.shields) mask.cover(result, 0, result.length);
  const before = result.slice();
  for (const mask of masks) if (!mask.shields) mask.cover(result, 0, result.length);
  for (let start = 0; start < before.length; ) {
    const newline = before.indexOf(NEWLINE, start);
    const end = newline < 0 ? before.length : newline;
    const changed = result.subarray(start, end).some((byte, i) => byte !== before[start + i]);
    for (const mask of masks) {
      if (!changed || mask.shields) continue;
      const alone = before.slice();
      mask.cover(alone, start, end);
      for (let i = start; i < end; i++) if (alone[i] !== before[i]) result[i] = STAR;
    }
    start = end + 1;
  }
  return result;
}

test('glued secrets of all kinds are covered as each kind by itself would, wherever the bytes lie in memory', () => {
  const random = numbers(20_261_129);
  const kindsOf = [MASK_KINDS, MASK_KINDS.filter((kind) => kind !== 'ip'), ['card', 'iban', 'national_id']] as const;
  let covered = 0;
  for (const kinds of kindsOf) {
    const stage = new MaskStage(nodeText, masksOf(kinds, coverWithStars));
    for (let round = 0; round < 1500; round++) {
      const text = Array.from({ length: 1 + random(40) }, () => PARTS[random(PARTS.length)]!).join('');
      const place = random(8);
      const from = random(6);
      // What stands around it is not theirs.
      const whole = Buffer.concat([Buffer.alloc(place + from, '4'), Buffer.from(text), Buffer.alloc(3, '4')]);
      const memory = new Uint8Array(new ArrayBuffer(whole.length + 8), 0, whole.length);
      memory.set(whole);
      const bytes = memory.subarray(place);
      const to = from + Buffer.byteLength(text);
      const wanted = Buffer.from(plainly(kinds, bytes.slice(from, to))).toString();
      covered += stage.bytes(bytes, from, to);
      expect(Buffer.from(bytes.subarray(from, to)).toString(), JSON.stringify(text)).toBe(wanted);
      expect(
        [bytes.subarray(0, from), bytes.subarray(to)].flatMap((one) => [...one]).every((byte) => byte === 52),
      ).toBe(true);
    }
  }
  expect(covered).toBeGreaterThan(1000);
});
