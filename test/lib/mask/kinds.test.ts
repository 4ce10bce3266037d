import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Cover, coverWithHash, coverWithStars } from '../../../lib/mask/cover.ts';
import { DEFAULT_MASKS, MASK_KINDS, type MaskKind, masksOf } from '../../../lib/mask/kinds.ts';
import { MaskStage } from '../../../lib/mask/mask.ts';
import { ownMask } from '../../../lib/mask/own-rule.ts';
import { seeded } from '../../collector/random.ts';

const host = {
  utf8: (bytes: Uint8Array, from: number, to: number) => new TextDecoder().decode(bytes.subarray(from, to)),
  utf8Bytes: (text: string) => new TextEncoder().encode(text),
};
const stage = (kinds: readonly MaskKind[], cover: Cover = coverWithStars) => new MaskStage(host, masksOf(kinds, cover));
const mask = (text: string, ...kinds: MaskKind[]): string => stage(kinds.length > 0 ? kinds : DEFAULT_MASKS).text(text);
/** «what stands in these» becomes stars. */
const starred = (text: string): string =>
  text.replace(/«([^»]*)»/g, (_, secret: string) => '*'.repeat(new TextEncoder().encode(secret).length));
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const plain = (text: string): string => text.replace(/[«»]/g, '');

/** What is covered, by kind. */
const COVERED: Readonly<Record<Exclude<MaskKind, 'card'>, readonly string[]>> = {
  url_password: [
    'postgres://app:«s3cret»@db:5432/x',
    'GET https://user:«pa:ss%40»@example.org/ 200',
    '{"url":"amqp://guest:«guest»@mq"}',
    'redis://:«only-a-password»@cache',
  ],
  token: [
    'Authorization: Bearer «abc123def456»',
    'authorization: bearer «eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig-nature_1» done',
    'Basic «dXNlcjpwYXNz»',
    'id «eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U».',
    'key «AKIAIOSFODNN7EXAMPLE»,',
    '"«ghp_abcdefghijklmnopqrstuvwxyz0123456789»"',
    'x=«glpat-abcdefghijklmnopqrst»',
    'x «github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz0123456789ABCD»',
    'authorization: bearer «abc123def456»',
    'slack «xoxb-123456789012-abcdefghijkl»',
    '«AIzaSyA-1234567890abcdefghijklmnopqrstu»',
    'stripe «sk_live_4eC39HqLyjWDarjtT1zdp7dc»',
    '{"pem":"-----BEGIN PRIVATE KEY-----«\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\\n»-----END PRIVATE KEY-----"}',
    '-----BEGIN RSA PRIVATE KEY-----\n«MIIEpAIBAAKCAQEA»\n«c3VwZXIgc2VjcmV0»\n-----END RSA PRIVATE KEY-----\nnext line',
  ],
  key_value: [
    'password=«hunter2» user=ann',
    'PASSWORD: «hunter2»',
    '{"password":"«a\\"b»","user":"ann"}',
    "{'client_secret': '«x y z»'}",
    'GET /?token=«abc»&x=1',
    'api-key="«k»"',
    'db.password = «p»',
    'X-Auth-Token: «a1b2c3d4e5»',
    '{"log":"{\\"pwd\\":\\"«x»\\",\\"n\\":1}"}',
    'AWS_SECRET_ACCESS_KEY=«wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY»',
    'refresh_token:«abcd1234»;',
    '{"password":"«ab\\»\n"user":"ann"}',
  ],
  iban: [
    'to «DE89370400440532013000».',
    '«GB82 WEST 1234 5698 7654 32», thanks',
    '"iban":"«FR1420041010050500013M02606»"',
    '«NO9386011117947» and «BE68 5390 0754 7034»',
  ],
  national_id: [
    'ssn «078-05-1120»',
    'DNI «12345678Z», NIE «X1234567L»',
    'cf «RSSMRA85T10A562S»',
    'cpf «111.444.777-35»',
    'pnr «811228-9874»',
    'id «11010519491231002X»',
    'nino «AB123456C»',
  ],
  email: [
    'mail «ann.lee+x@example.co.uk» sent',
    '<«a@b.de»>',
    'from=«müller@example.org»,',
    'git clone «git@github.com»:x/y',
  ],
  phone: [
    'call «+49 30 901820» now',
    'tel=«+14155552671»',
    '«+44 (0)20 7946 0958»',
    '«(212) 555-0100» ext',
    '"«+33-1-23-45-67-89»"',
  ],
  ip: ['from «10.0.0.7»:443', '«192.168.1.255».', '[«2001:db8::1»]:80', '«::ffff:10.1.2.3»', 'x «fe80::1», y'],
};

/** What looks alike and stays, whatever is looked for. */
const STAYS: readonly string[] = [
  'f47ac10b-58cc-4372-a567-0e02b2c3d479',
  'trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7',
  '2026-11-29T05:20:11.123456+01:00 INFO started',
  'invalid token: unexpected end of input',
  'tokens: 512 max_tokens=4096',
  'secret: not found',
  'password=',
  'password: null, "token": true',
  'password=******',
  'https://example.org/a:b@c',
  'http://example.org:8080/x',
  'getty@tty1.service user@1000.service logo@2x.png',
  'npm i lodash@4.17.21 @types/node@24',
  'Basic authentication failed',
  'bearer of bad news',
  'a+12345678901 and 1+1=2',
  'offset +0100, +5 more, +1-800',
  'version 1.2.3.4.5',
  'DE89370400440532013001 XX89370400440532013000',
  '000-12-3456 123-45-678',
  '12345678A X1234567Z',
  'mac 00:1b:44:11:3a:b7 at 12:34:56',
  'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  '-----BEGIN CERTIFICATE-----',
  '-----BEGIN PUBLIC KEY-----',
  'eyJ is not one, nor is eyJhbGciOiJIUzI1NiJ9',
];

describe.each(Object.entries(COVERED))('%s', (kind, texts) => {
  it.each(texts)('%s', (text) => {
    expect(mask(plain(text), kind as MaskKind)).toBe(starred(text));
  });
});

it.each(STAYS)('stays: %s', (text) => {
  expect(mask(text)).toBe(text);
});

it.each([
  'bearer «abcdefgh1234=bob@example.com» x',
  'bearer «abcdefgh1234password=hunter!2» x',
  'bearer «abcdefgh1=4111 1111 1111 1111» x',
  'bearer «abcdefgh1=+49 30 901820» x',
  'password=«AKIAIOSFODNN7EXAMPLE!rest»',
])('what one kind covers of it, another covers the rest of, with stars or a hash: %s', (text) => {
  const hashing = stage(DEFAULT_MASKS, coverWithHash(new Uint8Array(32), sha256));
  const covered = mask(plain(text));
  expect(covered.replaceAll(' ', '*')).toBe(starred(text).replaceAll(' ', '*'));
  const hashed = hashing.text(plain(text));
  for (const end of ['example', 'hunter', '!2', '1111', '901820', 'rest']) expect(hashed).not.toContain(end);
  expect(hashed).toContain('#');
});

it('all kinds together cover a line with several, each once, and count by kind', () => {
  const all = stage(MASK_KINDS);
  const text = 'ann@example.org paid with 4111 1111 1111 1111 from DE89370400440532013000, password=x, at 10.0.0.7';
  expect(all.text(text)).toBe(
    `${'*'.repeat(15)} paid with **** **** **** **** from ${'*'.repeat(22)}, password=*, at ${'*'.repeat(8)}`,
  );
  expect(Object.fromEntries([...all.masked].filter(([, count]) => count > 0))).toEqual({
    card: 1,
    iban: 1,
    email: 1,
    key_value: 1,
    ip: 1,
  });
});

it('a hash is of the length of the secret, the same for the same, and another under another key', () => {
  const cover = (key: string) => coverWithHash(new TextEncoder().encode(key), sha256);
  const hashed = (text: string, key = 'k'.repeat(32)) => stage(['email', 'key_value', 'card'], cover(key)).text(text);
  const one = hashed('mail ann.lee@example.org');
  expect(one).toMatch(/^mail #[0-9a-f]{16}\*{2}$/);
  expect(hashed('again ann.lee@example.org').slice(-19)).toBe(one.slice(-19));
  expect(hashed('mail bob.lee@example.org')).not.toBe(one);
  expect(hashed('mail ann.lee@example.org', 'other key, as long')).not.toBe(one);
  expect(hashed('password=short')).toBe('password=*****');
  expect(hashed('card 4111111111111111')).toBe('card ****************');
  // RFC 4231, test case 2, and a key longer than a block as in test case 6.
  const bytes = new TextEncoder().encode('what do ya want for nothing?');
  cover('Jefe')(bytes, 0, bytes.length);
  expect(new TextDecoder().decode(bytes)).toBe('#5bdcc146bf60754e***********');
});

it('rules of the operator: the group, or all of the match; lines without the text are not looked at', () => {
  const own = (regex: string, contains?: string) =>
    new MaskStage(host, [ownMask({ name: 'own', regex, contains }, coverWithStars)]);
  expect(own('customer (C[0-9]{6})').text('customer C123456 and C654321')).toBe('customer ******* and C654321');
  expect(own('C[0-9]{6}').text('C123456\nC654321 é')).toBe('*******\n******* é');
  expect(own('C[0-9]{6}', 'customer').text('C123456\ncustomer C654321')).toBe('C123456\ncustomer *******');
  const lines = 'cust C1\nC2 customer C3\n\nC4\ncustomer\nC5 customer';
  expect(own('C[0-9]', 'customer').text(lines)).toBe('cust C1\n** customer **\n\nC4\ncustomer\n** customer');
  expect(own('C[0-9]', 'C1\nC2').text('C1\nC2')).toBe('C1\nC2');
  expect(() => own('(?=x)')).toThrow();
});

it('whatever comes, the length stays, newlines stay, and nothing is read beyond the given bytes', () => {
  const words = [
    ...Object.values(COVERED).flat().map(plain),
    ...STAYS,
    '+',
    '@',
    ':',
    '=',
    '"',
    '\\',
    'password',
    '-----BEGIN ',
    'PRIVATE KEY-----',
    '\u0000',
    'é',
    '\n',
    '://',
    'Bearer ',
    'DE89',
    '(',
  ];
  const random = seeded(11);
  const all = stage(MASK_KINDS);
  for (let round = 0; round < 3000; round++) {
    const text = Array.from({ length: 1 + random(6) }, () => words[random(words.length)]!.slice(random(8))).join(
      ['', ' '][random(2)],
    );
    const bytes = new TextEncoder().encode(text);
    const before = Uint8Array.from(bytes);
    const from = random(bytes.length + 1);
    const to = from + random(bytes.length - from + 1);
    all.bytes(bytes, from, to);
    expect(bytes.subarray(0, from)).toEqual(before.subarray(0, from));
    expect(bytes.subarray(to)).toEqual(before.subarray(to));
    for (let i = 0; i < bytes.length; i++) if (before[i] === 10) expect(bytes[i]).toBe(10);
    // Covered again it stays as it is.
    const once = Uint8Array.from(bytes);
    all.bytes(bytes, from, to);
    if (from === 0 && to === bytes.length) expect(new TextDecoder().decode(bytes)).toBe(new TextDecoder().decode(once));
  }
});
