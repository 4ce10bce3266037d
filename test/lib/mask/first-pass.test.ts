import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Candidates, candidatesOf, type Prefilter } from '../../../lib/mask/candidates.ts';
import { tableOf } from '../../../lib/mask/characters.ts';
import { type Cover, coverWithHash, coverWithStars } from '../../../lib/mask/cover.ts';
import { FirstPass } from '../../../lib/mask/first-pass.ts';
import { DEFAULT_MASKS, MASK_KINDS, masksOf } from '../../../lib/mask/kinds.ts';
import { type Mask, MaskStage } from '../../../lib/mask/mask.ts';
import { seeded } from '../../collector/random.ts';

const TEXTS = 1500;
const host = { utf8: () => '', utf8Bytes: () => new Uint8Array() };
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const hashed = coverWithHash(new TextEncoder().encode('k'.repeat(32)), sha256);
const STAR = 42;
/** As a hash is written, with digits that no text has. */
const marked: Cover = (bytes, from, to) => {
  bytes.fill(STAR, from, to);
  bytes.fill(0xfe, from, Math.min(to, from + 17));
};

/** Secrets of each kind, and what looks like one or makes one. `a` stands for a letter, `A` for a capital, `0` for a digit, `?` for any of them and more. */
const PIECES = [
  ...['4111111111111111', '4111 1111 1111 1111', '5555-5555-5555-4444', '0000 0000 0000 0000', '0000000000000'],
  ...['DE89370400440532013000', 'GB82 WEST 1234 5698 7654 32', 'DE00 0000 0000 0000 0000 00', 'AA00AAAA00000000'],
  ...[
    '078-05-1120',
    '12345678Z',
    'X1234567L',
    'RSSMRA85T10A562S',
    '111.444.777-35',
    '811228-9874',
    '11010519491231002X',
  ],
  ...[
    'AB123456C',
    '000-00-0000',
    'AAAAAAAAA',
    '00000000A',
    '000000-0000',
    '2026-11-29T05:20:11.123+01:00',
    '10.0.0.7:443',
  ],
  ...[
    'ann@example.org',
    'a@a.aa',
    '@',
    'http://u:aa?a@h',
    'u:a@',
    '+49 30 901820',
    '+00-000-000',
    '(212) 555-0100',
    '(',
    '+',
  ],
  ...[
    'password=aaa0',
    '"pwd":"a?a"',
    'token: aaaa0000',
    'Secret = ',
    'api_key":"',
    '=',
    ':',
    '": "',
    '\\"',
    '\\',
    '\\n',
    "'",
  ],
  ...['Bearer aaaa0000', 'bearer aaaa0000', 'Basic dXNlcjpwYXNz', 'AKIAAAAAAAAA00000000', 'SG.', 'ghp_', 'github_pat_'],
  ...[
    'aaaaaaaaaaaaaaaaaaaa0000000000000000aaaaaaaaaaaaaaaa',
    'eyJaaaa0000.eyJaaaa.aaaa-aa_a',
    'sk_live_',
    'xoxb-',
    'hvs.',
  ],
  ...['-----BEGIN PRIVATE KEY-----\naaaa0000\naaaa\n-----END PRIVATE KEY-----', '-----BEGIN ', 'PRIVATE KEY-----'],
  // What goes on where another begins.
  ...['bearer aaaa0000=', 'Bearer aaaa0000+', 'bearer aaaa0000=ann@example.org', 'bearer aaaa0000password=aa?aa'],
  ...['2001:db8::1', '::', 'aaa', 'AAA', '000', '?', '_', '-', '.', 'é', '\u0000', '***', 'trace_id='],
];
const SMALL = 'abcdefghijklmnopqrstuvwxyz';

/** A text of pieces, some of them cut short or changed at a place. */
function nearMisses(random: (below: number) => number): string {
  const one = (of: string): string => of[random(of.length)]!;
  const filled = (piece: string): string =>
    piece.replaceAll(/aa|AA|00|\?/g, (hole) => {
      if (hole === 'aa') return one(SMALL) + one(SMALL);
      if (hole === 'AA') return one(SMALL.toUpperCase()) + one(SMALL.toUpperCase());
      return hole === '00' ? `${random(10)}${random(10)}` : String.fromCharCode(32 + random(95));
    });
  return Array.from({ length: 1 + random(14) }, () => {
    const piece = filled(PIECES[random(PIECES.length)]!);
    const at = random(piece.length + 1);
    const changed = [
      piece.slice(at),
      piece.slice(0, at),
      `${piece.slice(0, at)}${String.fromCharCode(random(128))}${piece.slice(at + 1)}`,
    ];
    return (changed[random(10)] ?? piece) + one('  \n,"-=').repeat(random(2));
  }).join('');
}

/** The same bytes at another place of the memory: the pass reads two at a time. */
function copyAt(offset: number, bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes.length + offset).subarray(offset);
  copy.set(bytes);
  return copy;
}

/** 1 for each byte that a mask covers if there is none before it but the one that shields. */
function coveredAlone(
  masks: readonly Mask[],
  shield: Mask['cover'] | null,
  text: Uint8Array,
  from: number,
  to: number,
) {
  const was = text.slice();
  shield?.(was, from, to);
  const covered = new Uint8Array(text.length);
  for (const mask of masks) {
    const alone = was.slice();
    mask.cover(alone, from, to);
    for (let i = 0; i < alone.length; i++) if (alone[i] !== was[i]) covered[i] = 1;
  }
  return covered;
}

describe.each([
  ['the default kinds, stars', DEFAULT_MASKS, coverWithStars],
  ['all kinds, stars', MASK_KINDS, coverWithStars],
  ['all kinds, hashes', MASK_KINDS, hashed],
  ['all kinds, marks of a hash’s length', MASK_KINDS, marked],
  ['numbers and keys, hashes', ['key_value', 'card', 'iban', 'national_id'] as const, hashed],
  ...MASK_KINDS.map((kind) => [`${kind} alone`, [kind], coverWithStars] as const),
] as const)('%s', (_, kinds, cover) => {
  it('one pass for all covers what kinds one by one do, byte for byte, and what each does alone', () => {
    const random = seeded(29);
    const stage = new MaskStage(host, masksOf(kinds, cover));
    const masks = masksOf(kinds, cover);
    const stars = masksOf(kinds, coverWithStars).filter(({ shields }) => !shields);
    const url = masks.find(({ shields }) => shields);
    // A hash's digit may be the one that stood there.
    const maybeHash = cover === hashed;
    let covered = 0;
    for (let round = 0; round < TEXTS; round++) {
      const text = new TextEncoder().encode(nearMisses(random));
      const from = random(3) > 0 ? 0 : random(text.length + 1);
      const to = random(3) > 0 ? text.length : from + random(text.length - from + 1);
      const together = copyAt(random(4), text);
      const oneByOne = copyAt(random(4), text);
      const count = masks.reduce((sum, mask) => sum + mask.cover(oneByOne, from, to), 0);
      covered += count;
      const found = stage.bytes(together, from, to);
      const alone = coveredAlone(stars, url ? url.cover : null, text, from, to);
      const wanted = oneByOne.map((byte, i) =>
        alone[i] === 1 && byte === text[i] && together[i] === STAR ? STAR : byte,
      );
      const left = alone.findIndex((mark, i) => mark === 1 && together[i] === text[i] && !maybeHash);
      if (found === count && left < 0 && Buffer.compare(together, wanted) === 0) continue;
      expect([found, Buffer.from(together).toString(), left], Buffer.from(text.subarray(from, to)).toString()).toEqual([
        count,
        Buffer.from(wanted).toString(),
        -1,
      ]);
    }
    // Without anything covered nothing would have been compared.
    expect(covered).toBeGreaterThan(TEXTS / 100);
  });
});

describe('the candidates of a pass', () => {
  const places = ({ places: all, count }: Candidates) => [...all.subarray(0, count)];
  const run = (prefilter: Prefilter, text: string, offset = 0, pass = new FirstPass([prefilter])): number[] => {
    const bytes = copyAt(offset, new TextEncoder().encode(text));
    pass.run(bytes, 0, bytes.length);
    return places(pass.candidates[0]!);
  };

  it.each([0, 1])(
    'a trigger counts behind what may stand before it, the first byte included where anything may: memory at %i',
    (offset) => {
      expect(run({ triggers: [{ bytes: '@' }] }, '@a@@', offset)).toEqual([0, 2, 3]);
      expect(run({ triggers: [{ bytes: '=:', before: 'ab' }] }, '=a=c:b:', offset)).toEqual([2, 6]);
    },
  );

  it('any nine parts in a row have a candidate among them, and stretches shorter than eight have none, wherever they stand', () => {
    const prefilter = { parts: tableOf((byte) => byte === 48), least: 9 };
    const pass = new FirstPass([prefilter]);
    for (let before = 0; before < 9; before++) {
      for (let length = 0; length < 40; length++) {
        for (let after = 0; after < 6; after++) {
          const text = `${'x'.repeat(before)}${'0'.repeat(length)}${'x'.repeat(after)}`;
          const found = run(prefilter, text, before % 2, pass);
          expect(found.every((at) => at >= before && at < before + length)).toBe(true);
          if (length < 8) expect(found).toEqual([]);
          // When a piece is covered, what is left of the stretch still has its own.
          const starts = Array.from({ length: Math.max(0, length - 8) }, (_, i) => before + i);
          expect(starts.filter((start) => !found.some((at) => at >= start && at < start + 9))).toEqual([]);
        }
      }
    }
  });

  it('looked for by a mask itself they are all triggers, and one place of each stretch', () => {
    const bytes = new TextEncoder().encode('a=b: 0000000000 000000000');
    expect(places(candidatesOf({ triggers: [{ bytes: '=:', before: 'z' }] }, bytes, 0, bytes.length))).toEqual([1, 3]);
    const parts = candidatesOf({ parts: tableOf((byte) => byte === 48), least: 9 }, bytes, 0, bytes.length);
    expect(places(parts).some((at) => at >= 5 && at < 15)).toBe(true);
    expect(places(parts).some((at) => at >= 16)).toBe(true);
  });

  it('more masks than it has bits for, and stretches too short for it, are refused', () => {
    const triggers = { triggers: [{ bytes: '@' }] };
    const parts = { parts: tableOf((byte) => byte === 48), least: 9 };
    expect(() => new FirstPass([...Array(8).fill(triggers), ...Array(7).fill(parts)])).not.toThrow();
    expect(() => new FirstPass(Array(9).fill(triggers))).toThrow(RangeError);
    expect(() => new FirstPass(Array(8).fill(parts))).toThrow(RangeError);
    expect(() => new FirstPass([{ ...parts, least: 8 }])).toThrow(RangeError);
  });

  it('memory for the candidates of a line full of them is given back', () => {
    const pass = new FirstPass([{ triggers: [{ bytes: '@' }] }]);
    const [candidates] = pass.candidates;
    const full = new Uint8Array(300_000).fill(64);
    pass.run(full, 0, full.length);
    expect(candidates!.count).toBe(300_000);
    pass.run(full, 0, 3);
    expect([candidates!.count, candidates!.places.length]).toEqual([3, 16]);
  });
});
