import { describe, expect, it } from 'vitest';
import { cardMask } from '../../../lib/mask/cards.ts';
import { isIssued } from '../../../lib/mask/issuers.ts';
import { MaskStage } from '../../../lib/mask/mask.ts';
import { seeded } from '../../collector/random.ts';

const host = {
  utf8: (bytes: Uint8Array, from: number, to: number) => new TextDecoder().decode(bytes.subarray(from, to)),
  utf8Bytes: (text: string) => new TextEncoder().encode(text),
};
const mask = (text: string): string => new MaskStage(host, [cardMask()]).text(text);
const covered = (text: string): string => text.replace(/\d/g, '*');

/** Digits with a right check digit that a scheme issues. */
function card(random: (below: number) => number): string {
  for (;;) {
    const length = 13 + random(7);
    let digits = '';
    for (let i = 0; i < length - 1; i++) digits += i === 0 ? '23456'[random(5)] : random(10);
    let sum = 0;
    for (let i = 0; i < digits.length; i++) {
      const digit = Number(digits[digits.length - 1 - i]);
      sum += i % 2 === 0 ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
    }
    digits += (10 - (sum % 10)) % 10;
    if (isIssued(Number(digits.slice(0, 4)), length)) return digits;
  }
}

const uuid = (random: (below: number) => number, alphabet = '0123456789abcdef'): string =>
  'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, () => alphabet[random(alphabet.length)]!);

describe('cards that are covered', () => {
  // The numbers that card schemes and payment gateways publish for tests.
  for (const number of [
    '4111111111111111',
    '4012888888881881',
    '4222222222222',
    '5555555555554444',
    '5105105105105100',
    '2223003122003222',
    '378282246310005',
    '371449635398431',
    '30569309025904',
    '38520000023237',
    '6011111111111117',
    '6011000990139424',
    '3530111333300000',
    '3566002020360505',
    '6759649826438453',
    '6304000000000000',
    '4000000000000000006',
    '6205500000000000004',
    '2200770212727079',
    '4111-1111-1111-1111',
    '4111 1111 1111 1111',
    '3782 822463 10005',
    '3782-822463-10005',
    '3056 930902 5904',
    '5555 5555 5555 4444',
    '4222 2222 2222 2',
    '4000 0000 0000 0000 006',
    '4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1',
    '41111111-11111111',
  ]) {
    it(number, () => {
      for (const [before, after] of [
        ['', ''],
        ['card=', ' ok'],
        ['"pan":"', '"}'],
        ['{"pan":', ','],
        ['(', ')'],
        ['paid with ', '.'],
        ['a\\n', '\\n'],
        ['q=1&n=', '&x=2'],
        ['x%20', '%20y'],
        ['/pay/', '/ok'],
        ['ß', 'é'],
        ['17 ', ''],
        ['', '\r'],
        ['pan:\t', '\t'],
        ['12:30:01 ', ' 3 items'],
      ]) {
        // A number beside the groups by one space is the same to a reader as one group more: only cards in groups of four are found there.
        if (/\d $/.test(before!) && /(\d ){9}|-/.test(number)) continue;
        expect(mask(before + number + after)).toBe(before + covered(number) + after);
      }
    });
  }

  it('two beside each other, and the same result each time', () => {
    const text = 'from 4111111111111111 to 5555555555554444, 4111 1111 1111 1111 5555 5555 5555 4444';
    expect(mask(text)).toBe('from **************** to ****************, **** **** **** **** **** **** **** ****');
    expect(mask(mask(text))).toBe(mask(text));
  });

  it('a card with its date and code after it', () => {
    expect(mask('4111111111111111 12 26 123')).toBe('**************** 12 26 123');
    expect(mask('4111111111111111|12|26|123')).toBe('****************|12|26|123');
  });
});

it('a number that only looks like a card does not hide a part of one that is', () => {
  // The first four groups have a right check digit by chance, and so have the last four.
  expect(mask('4242 4242 4242 4242 4111 1111 1111 1111')).toBe('**** **** **** **** **** **** **** ****');
  expect(mask('4000 4111 1111 1111 1111')).toBe('4000 **** **** **** ****');
});

describe('what is not touched', () => {
  for (const text of [
    '4111111111111112', // check digit
    '1234567890123452', // no scheme
    '9f4111111111111111',
    '4111111111111111a',
    'id_4111111111111111',
    '4111111111111111_x', // identifiers
    '0.4111111111111111',
    '4111111111111111.25',
    '-0.04111111111111111', // fractions
    '41111111111111111111111',
    '00004111111111111111', // longer runs
    '1700000000000',
    '1763905489123456',
    '1763905489123456789',
    '20261123134449',
    '20261123134449123', // times
    '2026-11-23 13:44:49.123456',
    '2026-11-23 13 44 49',
    'trace_id=4111111111111111',
    '{"trace_id":"4111111111111111"}',
    '"dd.span_id" : 4111111111111111', // identifiers by key
    '4111  1111  1111  1111', // two spaces
    '4111-1111 1111-1111', // mixed separators
    '9c5b94b1-35ad-49bb-4118-411111111111',
    '41111111-1111-1111-1111-111111111111',
    '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    '10.0.0.1 - - [23/Nov/2026:13:44:49 +0000] "GET / HTTP/1.1" 200 612',
    '5 12 40 4000 17 3 99 2',
    '4111',
    '',
    '411111111111', // short
  ]) {
    it(JSON.stringify(text), () => expect(mask(text)).toBe(text));
  }
});

describe('properties', () => {
  it('a card in any surroundings is covered, and nothing else', () => {
    const random = seeded(1);
    const around = ' ,;:|"\'()[]{}<>=&\t\u00e9/';
    for (let i = 0; i < 20_000; i++) {
      const number = card(random);
      const style = random(3);
      const written = style === 0 ? number : number.replace(/(\d{4})(?=\d)/g, style === 1 ? '$1 ' : '$1-');
      const filler = (): string =>
        Array.from({ length: random(40) }, () => 'abcxyz,.:;=/"{}_-'[random(17)]).join('') +
        around[random(around.length)];
      const before = filler();
      const after = around[random(around.length)] + filler();
      // A space before and a dash in it, or a letter after a dash, are other numbers' business: `around` has none of them.
      expect(mask(before + written + after)).toBe(before + covered(written) + after);
    }
  });

  it('bytes around a window are not read as part of it, and the window ends where it is said', () => {
    const bytes = host.utf8Bytes('94111111111111111 4111111111111111');
    expect(cardMask().cover(bytes, 1, 17)).toBe(1);
    expect(host.utf8(bytes, 0, bytes.length)).toBe('9**************** 4111111111111111');
  });

  it('no UUID is ever changed', () => {
    const random = seeded(2);
    for (let i = 0; i < 50_000; i++) {
      // The second alphabet makes digits so frequent that groups without a letter are common.
      const id = uuid(random, i % 2 === 0 ? '0123456789abcdef' : '0123456789012345678901234567890123456789a');
      for (const text of [id, `id=${id} next`, `"${id}"`, id.replaceAll('-', '')]) {
        if (/^\d{13,19}$/.test(text)) continue;
        expect(mask(text)).toBe(text);
      }
    }
  });

  it('the length never changes, whatever the bytes', () => {
    const random = seeded(3);
    const stage = new MaskStage(host, [cardMask()]);
    for (let i = 0; i < 5_000; i++) {
      const bytes = Uint8Array.from({ length: random(120) }, () =>
        random(3) === 0 ? random(256) : '0123456789 -'.charCodeAt(random(12)),
      );
      if (bytes.length > 40) bytes.set(host.utf8Bytes(` ${card(random)} `), random(bytes.length - 30));
      const before = bytes.slice();
      stage.bytes(bytes);
      bytes.forEach((byte, at) => {
        if (byte !== before[at]) expect([byte, before[at]! >= 48 && before[at]! <= 57]).toEqual([42, true]);
      });
    }
    expect(stage.masked.get('card')).toBeGreaterThan(0);
  });
});
