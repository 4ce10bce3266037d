import { expect, it } from 'vitest';
import { findTraceId } from '../../../lib/log-lines/trace-id.ts';
import { seeded } from '../../collector/random.ts';

const ID = '4bf92f3577b34da6a3ce929d0e0e4736';

function found(text: string): string | null {
  const bytes = new TextEncoder().encode(text);
  const span = { from: 0, to: 0 };
  return findTraceId(bytes, 0, bytes.length, span) ? text.slice(span.from, span.to) : null;
}

it.each([
  `{"level":"info","trace_id":"${ID}","msg":"x"}`,
  `{"trace.id" : "${ID}"}`,
  `level=info traceId=${ID} msg=x`,
  `INFO [trace-id: ${ID}] paid`,
  `TRACE_ID=${ID}`,
  `traceparent: 00-${ID}-00f067aa0ba902b7-01`,
  `retrace trace=1 traced trace_id=${ID}`,
])('a trace id stands in %s', (text) => {
  expect(found(text)).toBe(ID);
});

it.each([
  'trace_id=',
  'trace_id=17',
  'trace_id: none 4bf92f3577b34da6a3ce929d0e0e4736',
  `subtrace_id=${ID}`,
  `span_id=${ID}`,
  `trace_id=${'a'.repeat(65)}`,
  'TRACE starts',
  'trace',
])('none stands in %s', (text) => {
  expect(found(text)).toBeNull();
});

it('nothing is read beyond the line', () => {
  const bytes = new TextEncoder().encode(`trace_id=${ID}`);
  const span = { from: 0, to: 0 };
  for (let to = 0; to < 9 + 16; to++) expect(findTraceId(bytes, 0, to, span)).toBe(false);
  expect(findTraceId(bytes, 0, 9 + 16, span)).toBe(true);
  expect(span).toEqual({ from: 9, to: 25 });
});

it('bytes made by chance are looked at without a throw, and what is found lies within', () => {
  const words = [
    'trace',
    'TRACE',
    '_id',
    '.id',
    'parent',
    '=',
    ':',
    '"',
    '00-',
    ID,
    ID.slice(0, 15),
    ' ',
    '\n',
    'x',
    '\u0000',
  ];
  const below = seeded(7);
  for (let i = 0; i < 5000; i++) {
    const text = Array.from({ length: 8 }, () => words[below(words.length)]).join('');
    const bytes = new TextEncoder().encode(text);
    const from = below(bytes.length);
    const to = from + below(bytes.length - from);
    const span = { from: 0, to: 0 };
    if (!findTraceId(bytes, from, to, span)) continue;
    expect(span.from).toBeGreaterThan(from);
    expect(span.to).toBeLessThanOrEqual(to);
    expect(new TextDecoder().decode(bytes.subarray(span.from, span.to))).toMatch(/^[0-9a-f]{16,64}$/i);
  }
});
