import { expect, test } from 'vitest';
import { type Head, KnownSeries } from '../../../../lib/ingest/influx/known-series.ts';

test.each([
  ['long measurements', (i: number) => `${'m'.repeat(2000)}${i}`, 10_000, 17_000],
  ['many short tags', (i: number) => `m${i}${',b=c'.repeat(100)}`, 10_000, 20_000],
])('what is remembered is bounded by its characters: %s', (_, text, few, many) => {
  const known = new KnownSeries();
  const first = known.head(text(0), '');
  for (let i = 1; i < few; i++) known.head(text(i), '');
  expect(known.head(text(0), '')).toBe(first);
  for (let i = few; i < many; i++) known.head(text(i), '');
  const again = known.head(text(0), '');
  expect(again).not.toBe(first);
  expect(again).toEqual(first);
});

test('so are the fields of one measurement', () => {
  const known = new KnownSeries();
  const field = (i: number) => `${'f'.repeat(990)}${i}`;
  const head = known.head('m', '') as Head;
  for (let i = 0; i < 30_000; i++) known.series(head, field(i));
  expect(known.head('m', '')).toBe(head);
  for (let i = 30_000; i < 35_000; i++) known.series(head, field(i));
  expect(known.head('m', '')).not.toBe(head);
});
