import { expect, test } from 'vitest';
import { alertmanagerBody } from '../../../lib/alerts/alertmanager-body.ts';

test('times that are ahead of the clock are now: nothing ends before it begins, and no end is one to come', () => {
  const alert = { labels: {}, annotations: {}, activeAt: 4_000, firedAt: 5_000, resolvedAt: null };
  const times = (of: object, now: number) =>
    (
      alertmanagerBody([{ ...alert, status: 'firing', goodForMs: 240, ...of }], now) as {
        startsAt: string;
        endsAt: string;
      }[]
    ).map((one) => [Date.parse(one.startsAt), Date.parse(one.endsAt)]);
  expect(times({}, 6_000)).toEqual([[5_000, 6_240]]);
  expect(times({}, 1_000)).toEqual([[1_000, 1_240]]);
  expect(times({ status: 'resolved', resolvedAt: 5_500 }, 6_000)).toEqual([[5_000, 5_500]]);
  expect(times({ status: 'resolved', resolvedAt: 5_500 }, 1_000)).toEqual([[1_000, 1_000]]);
  expect(times({ status: 'resolved', resolvedAt: 900 }, 1_000)).toEqual([[900, 900]]);
});
