import { expect, test } from 'vitest';
import { type FrameFlaw, StreamFraming } from '../../../../lib/ingest/syslog/framing.ts';

/** Messages and flaws of a connection that came in these pieces. */
function messagesOf(pieces: readonly Buffer[], most = 64): string[] {
  const framing = new StreamFraming(most);
  const messages: string[] = [];
  const take = (bytes: Buffer, from: number, to: number, flaw: FrameFlaw) =>
    messages.push(`${flaw === '' ? '' : `${flaw}: `}${bytes.toString('utf8', from, to)}`);
  for (const piece of pieces) {
    framing.push(piece, take);
    expect(framing.held).toBeLessThanOrEqual(most + 10);
  }
  framing.end(take);
  expect(framing.held).toBe(0);
  return messages;
}

/** Whole, in two pieces at every place, and byte by byte, it is the same. */
function f(name: string, stream: string, want: readonly string[]): void {
  test(name, () => {
    const bytes = Buffer.from(stream);
    expect(messagesOf([bytes])).toEqual(want);
    for (let at = 1; at < bytes.length; at++) {
      expect(messagesOf([bytes.subarray(0, at), bytes.subarray(at)]), `in two at ${at}`).toEqual(want);
    }
    expect(messagesOf(Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(want);
  });
}

const LONG = 'x'.repeat(100);

f('counted, the count in bytes', '7 <1>abcd8 <13>äü5 <1>\n!', ['<1>abcd', '<13>äü', '<1>\n!']);
f('counted, with a newline or a NUL behind that is not counted', '5 <1>ab\n5 <1>cd\u00005 <1>ef\r\n', [
  '<1>ab',
  '<1>cd',
  '<1>ef',
]);
f('a newline behind each', '<1>a\n<2>b\r\n\n\r\n<3>c\n', ['<1>a', '<2>b\r', '<3>c']);
f('lines, the last without its newline', '<1>a\n<2>b', ['<1>a', '<2>b']);
f('lines that begin with digits', '2026-11-29 14:25:41 a\n123: sw: %A-1-B: x\n12 apples\n', [
  '2026-11-29 14:25:41 a',
  '123: sw: %A-1-B: x',
  '12 apples',
]);
f('no priority', 'hello\nworld\n', ['hello', 'world']);
f('counted and longer than may be: cut, and the next is whole', `103 <1>${LONG}5 <2>ab`, [
  `too_long: <1>${LONG.slice(0, 61)}`,
  '<2>ab',
]);
f('a line that is longer than may be: cut, and the next is whole', `<1>${LONG}\n<2>ab\n`, [
  `too_long: <1>${LONG.slice(0, 61)}`,
  '<2>ab',
]);
f('a count that is none: up to the newline, and then counted again', '5 <1>ab<9>no count\n5 <2>cd', [
  '<1>ab',
  'frame: <9>no count',
  '<2>cd',
]);
f('a count that no message has', '5 <1>ab99999999999 <1>x\n5 <2>cd', ['<1>ab', 'frame: 99999999999 <1>x', '<2>cd']);
f('a count too small: what is behind it is no count', '3 <1>abc\n5 <2>cd', ['<1>', 'frame: abc', '<2>cd']);
f('a connection that ends in a counted message', '5 <1>ab50 <2>cd', ['<1>ab', 'torn: <2>cd']);
f('a connection that ends in a count', '5 <1>ab50', ['<1>ab']);
f('a connection that ends in what it cut', `103 <1>${LONG.slice(0, 90)}`, [`too_long: <1>${LONG.slice(0, 61)}`]);
f('digits alone', '123', ['123']);

test('a message of the very size that may be', () => {
  const line = `<1>${'y'.repeat(61)}`;
  expect(messagesOf([Buffer.from(`64 ${line}${line.length} ${line}`)])).toEqual([line, line]);
  expect(messagesOf([Buffer.from(`${line}\n${line}\n`)])).toEqual([line, line]);
});
