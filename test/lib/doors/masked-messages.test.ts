import { expect, test } from 'vitest';
import { MaskedMessages } from '../../../lib/doors/masked-messages.ts';
import type { LineItem } from '../../../lib/ingest/batch.ts';
import { MaskStage } from '../../../lib/mask/mask.ts';
import { maskConfig } from '../../../lib/mask/mask-schema.ts';
import { nodeMasks } from '../../../lib/mask/node-masks.ts';

const utf8 = (bytes: Uint8Array, from: number, to: number) => Buffer.from(bytes).toString('utf8', from, to);
const mask = () =>
  new MaskStage({ utf8, utf8Bytes: (text) => Buffer.from(text) }, nodeMasks(maskConfig().parse(undefined)));
const lineOf = (message: string | Uint8Array, index: number): LineItem => ({
  ...{ index, time: 0, level: '', service: '', host: '', fields: {} },
  message,
});

test('texts and bytes, each covered as it is alone, over more than fits together, and those given stay as they are', () => {
  const texts = Array.from({ length: 4000 }, (_, i) =>
    i % 3 === 0
      ? `${i} password=hunter22`
      : i % 3 === 1
        ? `${i} ü ☂ ${'x'.repeat(i % 200)}`
        : `two\nlines password=${i}secret`,
  );
  const given = texts.map((text, i) => (i % 2 === 0 ? text : Buffer.from(text)));
  const messages = new MaskedMessages(given.map(lineOf), mask());
  const alone = mask();
  for (const [i, text] of texts.entries()) {
    const want = Buffer.from(text);
    alone.bytes(want);
    expect(Buffer.from(messages.of(i)).equals(want), text).toBe(true);
    expect(given[i]!.toString()).toBe(text);
  }
  expect(Buffer.from(messages.of(0)).toString()).toBe('0 password=********');
});

test('empty ones, bytes of no UTF-8, and one that is larger than what is looked through at once', () => {
  const odd = Buffer.from([0xff, 0x0a, 0xc3]);
  const messages = new MaskedMessages(['', odd, 'y'.repeat(300_000), ''].map(lineOf), mask());
  expect(messages.of(0)).toHaveLength(0);
  expect(Buffer.from(messages.of(1)).equals(odd)).toBe(true);
  expect(messages.of(2)).toHaveLength(300_000);
  expect(messages.of(3)).toHaveLength(0);
});

test("a private key over several lines of one sender is covered, among another's lines, and those are not", () => {
  const of = (host: string, address: string, message: string) => ({
    ...{ ...lineOf(message, 0), host, fields: { 'log.source.address': address } },
  });
  const lines = [
    of('a', '10.0.0.1', '-----BEGIN PRIVATE KEY-----'),
    of('b', '10.0.0.2', 'all is well here'),
    of('a', '10.0.0.1', 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC'),
    of('a', '10.0.0.3', 'the same name elsewhere'),
    of('a', '10.0.0.1', '-----END PRIVATE KEY-----'),
    of('a', '10.0.0.1', 'and on it goes'),
  ];
  const messages = new MaskedMessages(lines, mask());
  expect(lines.map((_, i) => Buffer.from(messages.of(i)).toString())).toEqual([
    '-----BEGIN PRIVATE KEY-----',
    'all is well here',
    '*'.repeat(32),
    'the same name elsewhere',
    '-----END PRIVATE KEY-----',
    'and on it goes',
  ]);
});
