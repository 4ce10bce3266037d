import { expect, test } from 'vitest';
import { metricOf } from '../../../../../core/alerts/rules/unit-test/metric-text.ts';
import { seriesValues } from '../../../../../core/alerts/rules/unit-test/series-values.ts';

test('the expanding notation of input series', () => {
  const f = (text: string, wanted: unknown[]) => expect([text, seriesValues(text)]).toEqual([text, wanted]);
  f('1 2.5 -3', [1, 2.5, -3]);
  f('1x2', [1, 1, 1]);
  f('1+2x3 0', [1, 3, 5, 7, 0]);
  f('10-2.5x2', [10, 7.5, 5]);
  f('-2+1x1 0x1', [-2, -1, 0, 0]);
  f('_ _x2 stale', ['nothing', 'nothing', 'nothing', 'stale']);
  f(' 1e3  .5 +Inf -inf NaN ', [1000, 0.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]);
  f('', []);
  for (const bad of ['a', '1 2 x', '1x', '1+2', '1.2.3', 'stalex2', 'NaNx2', '5m', '1,2', '{{sum:3}}', '1x9999999']) {
    expect(() => seriesValues(bad), bad).toThrow();
  }
});

test('a series as it is written', () => {
  expect(metricOf('up{job="a b", x="1"}')).toEqual({ __name__: 'up', job: 'a b', x: '1' });
  expect(metricOf('{"my.metric", "c.d"="x"}')).toEqual({ __name__: 'my.metric', 'c.d': 'x' });
  expect(metricOf('{}')).toEqual({});
  for (const bad of ['', 'up{job=~"a"}', 'up{', 'up[5m]', 'up 1', 'up{a="b", a="c"}'])
    expect(() => metricOf(bad), bad).toThrow();
});
