import { expect, test } from 'vitest';
import { reachOf } from '../../../../core/engines/victoriametrics/year/reach.ts';
import { type Rules, rewriteQuery } from '../../../../core/engines/victoriametrics/year/rewrite.ts';
import { parseQuery } from '../../../../core/promql/parse.ts';

const W = 300_000;
const once = (start: number) => ({ start, end: start, step: 0 });
const RULES: Rules = { windowMs: W, lookbackMs: W, at: once(20 * W) };
const rewritten = (query: string, rules = RULES) => rewriteQuery(query, parseQuery(query), rules);
/** The windows of a metric, as the text of them stands in every query. */
const windows = (aggregate: string, range: string, more = '', name = '"m"') =>
  `{__name__=${name}${more}, __window__="5m_${aggregate}"}[${range}]`;
const named = (text: string) => `label_del(${text}, "__window__")`;
const bare = (text: string) => `label_del(${text}, "__window__", "__name__")`;
const sum = (aggregate: string, range: string, more = '') => bare(`sum_over_time(${windows(aggregate, range)}${more})`);

test.each([
  ['m', named(`last_over_time(${windows('last', '5m')})`)],
  ['m{a="1", b!~"x|y"}', named(`last_over_time(${windows('last', '5m', ', a="1", b!~"x|y"')})`)],
  ['{__name__=~"m.*"}', named(`last_over_time({__name__=~"m.*", __window__="5m_last"}[5m])`)],
  ['min_over_time(m[1h])', bare(`min_over_time(${windows('min', '60m')})`)],
  ['max_over_time(m[1d])', bare(`max_over_time(${windows('max', '1440m')})`)],
  ['sum_over_time(m[10m])', sum('sum', '10m')],
  ['count_over_time(m[10m])', sum('count', '10m')],
  ['last_over_time(m[1h])', named(`last_over_time(${windows('last', '60m')})`)],
  ['present_over_time(m[1h])', bare(`present_over_time(${windows('count', '60m')})`)],
  ['avg_over_time(m[1h])', `(${sum('sum', '60m')} / ${sum('count', '60m')})`],
  ['increase(m[1h])', sum('increase', '60m')],
  ['rate(m[1h])', `(${sum('increase', '60m')} / 3600)`],
  ['rate((m[1h] offset 1w))', `(${sum('increase', '60m', ' offset 7d')} / 3600)`],
  ['increase(m[1h] offset -5m @ 1700000100)', sum('increase', '60m', ' offset -5m @ 1700000100')],
  ['increase(m[1h] @ end())', sum('increase', '60m', ' @ end()')],
  ['sum by (a, b) (rate(m[5m]))', `sum by (a, b) ((${sum('increase', '5m')} / 300))`],
  ['topk(3, increase(m[5m])) > bool 1', `(topk(3, ${sum('increase', '5m')}) > bool 1)`],
  [
    'rate(m[5m]) / on (a) group_left (c) -increase(m[5m])',
    `((${sum('increase', '5m')} / 300) / on (a) group_left (c) (-${sum('increase', '5m')}))`,
  ],
  ['max_over_time(increase(m[5m])[1h:10m] offset 1d)', `max_over_time((${sum('increase', '5m')})[1h:10m] offset 1d)`],
  [
    'histogram_quantile(0.9, sum by (le) (increase(m[5m])))',
    `histogram_quantile(0.9, sum by (le) (${sum('increase', '5m')}))`,
  ],
  ['clamp_min(vector(-1), 2e3) + time()', '(clamp_min(vector((-1)), 2000) + time())'],
  ['label_replace(vector(1), "a", "\\"$1\\n", "b", "(.*)")', 'label_replace(vector(1), "a", "\\"$1\\n", "b", "(.*)")'],
])('%s', (query, text) => {
  expect(rewritten(query)).toEqual({ text, infos: [] });
});

test.each([
  ['max_over_time(m[1h15s])', '60m', 'max', /max_over_time over 3615 s was answered over 3600 s: whole windows of 5m/],
  ['rate(m[7m])', '5m', 'increase', /rate over 420 s was answered over 300 s/],
])('%s: cut to whole windows, and said', (query, range, aggregate, words) => {
  const { text, infos } = rewritten(query);
  expect(text).toContain(windows(aggregate, range));
  expect(infos).toEqual([expect.stringMatching(words)]);
});

test.each([
  ['m[1h]', /samples are not among them; use one of avg_over_time, /],
  ['quantile_over_time(0.9, m[1h])', /quantile_over_time cannot be told from windows; use one of/],
  ['stddev_over_time(m[1h])', /stddev_over_time cannot/],
  ['irate(m[1h])', /irate cannot/],
  ['absent_over_time(m[1h])', /absent_over_time cannot/],
  ['sum(deriv(m[1h]))', /^HG_QUERY_TIER.*1:5: /],
  ['rate(m[1m])', /a range of 60 s is shorter than a window; write \[5m\] or more/],
  ['increase(m[7m])', /increase over 420 s is no whole number of windows; write a multiple of 5m, such as \[5m\]/],
  ['sum_over_time(m[1h15s])', /such as \[60m\]/],
  ['max_over_time(m[1h:])', /a subquery needs a step of whole windows; write \[...:5m\]/],
  ['max_over_time(m[1h:1m])', /a subquery needs a step/],
  ['timestamp(m)', /timestamp is about single samples/],
  ['absent(m)', /absent is about/],
  ['m{__window__="5m_max"}', /__window__ is not for queries/],
  ['rate(m[5m] smoothed)', /smoothed needs samples/],
])('%s: refused, with what to do', (query, words) => {
  expect(() => rewritten(query)).toThrow(words);
  expect(() => rewritten(query)).toThrow(/HG_QUERY_TIER/);
});

test('a longer lookback is one of more windows', () => {
  expect(rewritten('m', { ...RULES, lookbackMs: 720_000 }).text).toBe(
    named(`last_over_time(${windows('last', '10m')})`),
  );
  expect(rewritten('m', { ...RULES, lookbackMs: 60_000 }).text).toBe(named(`last_over_time(${windows('last', '5m')})`));
});

test.each([
  ['m', 'last', '5m', ' offset 17s'],
  ['increase(m[1h] offset 17s)', 'increase', '60m', ' offset 17s'],
  ['increase(m[1h] offset 5m)', 'increase', '60m', ' offset 317s'],
  ['increase(m[1h] offset 30s)', 'increase', '60m', ' offset 317s'],
  ['increase(m[1h] offset -30s)', 'increase', '60m', ' offset 17s'],
  ['increase(m[1h] @ 30)', 'increase', '60m', ' offset 30s @ 30'],
  ['increase(m[1h] @ start())', 'increase', '60m', ' offset 17s @ start()'],
  ['increase(m[1h] @ end())', 'increase', '60m', ' offset 77s @ end()'],
])('%s at 17 s within a window: moved between windows', (query, aggregate, range, shift) => {
  const at = { start: 20 * W + 17_000, end: 30 * W + 77_000, step: 2 * W };
  expect(rewritten(query, { ...RULES, at }).text).toContain(`${windows(aggregate, range)}${shift})`);
});

test('steps that are no whole windows, or subqueries in them', () => {
  const at = { start: 20 * W, end: 30 * W, step: 420_000 };
  const points = '(last_over_time({__name__="m", __window__="5m_increase"}[5m]))[60m:5m]';
  expect(rewritten('increase(m[1h] offset 1m)', { ...RULES, at }).text).toBe(
    bare(`sum_over_time(${points} offset 1m)`),
  );
  const inner = bare(`sum_over_time(${windows('increase', '5m')} offset 5m)`);
  expect(rewritten('max_over_time(increase(m[5m] offset 1m)[1h:10m])', { ...RULES, at }).text).toBe(
    `max_over_time((${inner})[1h:10m])`,
  );
});

const H = 3_600_000;
test.each([
  ['m', 0],
  ['1 + time()', Number.POSITIVE_INFINITY],
  ['rate(m[1h])', -H],
  ['rate(m[1h] offset 2h)', -3 * H],
  ['rate(m[1h] offset -2h)', H],
  ['m + sum(m offset 5h)', -5 * H],
  ['max_over_time(rate(m[1h])[3h:5m] offset 1h)', -5 * H],
  ['topk(scalar(m offset 7h), m)', -7 * H],
  ['rate(m[1h] @ end())', 9 * H],
  ['max_over_time(rate(m[1h] @ start())[3h:5m])', -H],
  ['m @ 7200', 2 * H],
])('%s reaches back to %d', (query, reach) => {
  expect(reachOf(parseQuery(query), { start: 0, end: 10 * H })).toBe(reach);
});
