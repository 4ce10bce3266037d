import { expect, test } from 'vitest';
import { instant, range } from './notation.ts';

const DATA = `
a{i="1"} -1.5
a{i="2"} 2.5`;
const f = (query: string, want: string[], data = DATA, seconds = 0) =>
  expect(instant(data, query, seconds)).toEqual(want);

test('of single values', () => {
  f('abs(a)', ['{i=1} 1.5', '{i=2} 2.5']);
  f('ceil(a)', ['{i=1} -1', '{i=2} 3']);
  f('floor(a)', ['{i=1} -2', '{i=2} 2']);
  f('round(a)', ['{i=1} -1', '{i=2} 3']);
  f('round(a, 0.2)', ['{i=1} -1.4', '{i=2} 2.6']);
  f('sgn(a)', ['{i=1} -1', '{i=2} 1']);
  f('sqrt(a)', ['{i=1} NaN', '{i=2} 1.5811388300841898']);
  f('clamp(a, -1, 1)', ['{i=1} -1', '{i=2} 1']);
  f('clamp(a, 1, -1)', []);
  f('clamp_min(a, 0)', ['{i=1} 0', '{i=2} 2.5']);
  f('clamp_max(a, 0)', ['{i=1} -1.5', '{i=2} 0']);
  f('clamp_min(vector(Inf), NaN)', ['{} +Inf']);
  f('clamp_min(vector(NaN), 1)', ['{} NaN']);
  f('clamp_max(vector(NaN), -Inf)', ['{} -Inf']);
  f('log2(vector(8))', ['{} 3']);
  f('deg(vector(pi()))', ['{} 180']);
});

test('between scalars and vectors', () => {
  f('vector(1)', ['{} 1']);
  f('scalar(a{i="2"})', ['2.5']);
  f('scalar(a)', ['NaN']);
  f('time()', ['90'], DATA, 90);
  f('a * scalar(a{i="2"})', ['{i=1} -3.75', '{i=2} 6.25']);
  f('timestamp(a)', ['{i=1} 0', '{i=2} 0'], DATA, 90);
  f('timestamp(a + 1)', ['{i=1} 90', '{i=2} 90'], DATA, 90);
  expect(range(DATA, 'vector(time())', 0, 2, 1)).toEqual(['{} 0@0 1@1 2@2']);
});

test('absence has the labels the selector fixes', () => {
  f('absent(a)', []);
  f('absent(b)', ['{} 1']);
  f('absent(b{x="1",y=~"2",z!="3"})', ['{x=1} 1']);
  f('absent(b{x="1",x="2"})', ['{} 1']);
  f('absent(sum(b{x="1"}))', ['{} 1']);
  f('absent_over_time(b{x="1"}[5m])', ['{x=1} 1']);
  f('absent_over_time(a[5m])', []);
  expect(range('a 1 stale', 'absent(a)', 0, 120, 60)).toEqual(['{} 1@60 1@120']);
});

test('sort orders an instant vector', () => {
  const data = 'a{i="1"} 2\na{i="2"} NaN\na{i="3"} 1';
  f('sort(a)', ['a{i=3} 1', 'a{i=1} 2', 'a{i=2} NaN'], data);
  f('sort_desc(a)', ['a{i=1} 2', 'a{i=3} 1', 'a{i=2} NaN'], data);
});

test('label_replace and label_join', () => {
  const data = 'a{host="web-7",dc="eu"} 1';
  f('label_replace(a, "n", "$1", "host", "web-(.*)")', ['a{dc=eu,host=web-7,n=7} 1'], data);
  f(
    `label_replace(a, "n", "\${kind}-\${2}$$", "host", "(?P<kind>[a-z]+)-(.*)")`,
    ['a{dc=eu,host=web-7,n=web-7$} 1'],
    data,
  );
  f('label_replace(a, "n", "$9$x!", "host", ".*")', ['a{dc=eu,host=web-7,n=!} 1'], data);
  f('label_replace(a, "n", "x", "host", "eb")', ['a{dc=eu,host=web-7} 1'], data);
  f('label_replace(a, "dc", "", "host", ".*")', ['a{host=web-7} 1'], data);
  f('label_replace(a, "new", "x", "absent", "")', ['a{dc=eu,host=web-7,new=x} 1'], data);
  f('label_join(a, "j", "/", "dc", "none", "host")', ['a{dc=eu,host=web-7,j=eu//web-7} 1'], data);
  expect(() => instant(data, 'label_replace(a, "n", "", "host", "(")')).toThrow(/HG_QUERY_REGEX/);
  expect(() => instant(data, 'label_replace(a, "", "", "host", "")')).toThrow(/invalid destination label name/);
  expect(() => instant(DATA, 'label_replace(a, "i", "", "", "")')).toThrow(/same labelset/);
});

test('histogram_quantile interpolates within the bucket of the rank', () => {
  const data = `
h{le="0.1"} 10
h{le="0.5"} 20
h{le="1"} 30
h{le="+Inf"} 40`;
  f('histogram_quantile(0.25, h)', ['{} 0.1'], data);
  f('histogram_quantile(0.375, h)', ['{} 0.30000000000000004'], data);
  f('histogram_quantile(0.125, h)', ['{} 0.05'], data);
  f('histogram_quantile(0.9, h)', ['{} 1'], data);
  f('histogram_quantile(-0.1, h)', ['{} -Inf'], data);
  f('histogram_quantile(1.1, h)', ['{} +Inf'], data);
  f('histogram_quantile(NaN, h)', ['{} NaN'], data);
  f('histogram_quantile(0.5, h{le!="+Inf"})', ['{} NaN'], data);
  f('histogram_quantile(0.5, h{le="+Inf"})', ['{} NaN'], data);
  f('histogram_quantile(0.5, a)', []);
  f('histogram_quantile(0.5, h)', ['{} NaN'], 'h{le="1"} 0\nh{le="+Inf"} 0');
  f('histogram_quantile(0.9, h)', ['{} 2'], 'h{le="1"} 10\nh{le="2"} 9\nh{le="+Inf"} 12');
});

test('parts of a date', () => {
  // 2024-02-29 12:34:56 UTC, a Thursday.
  const at = 1_709_210_096;
  const parts = {
    minute: 34,
    hour: 12,
    day_of_week: 4,
    day_of_month: 29,
    day_of_year: 60,
    days_in_month: 29,
    month: 2,
    year: 2024,
  };
  for (const [name, want] of Object.entries(parts)) {
    f(`${name}()`, [`{} ${want}`], DATA, at);
    f(`${name}(vector(${at}))`, [`{} ${want}`]);
  }
});
