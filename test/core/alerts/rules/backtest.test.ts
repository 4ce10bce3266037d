import { expect, test } from 'vitest';
import { backtest, type StoredData } from '../../../../core/alerts/rules/backtest/backtest.ts';
import { samplesOf } from '../../../../core/alerts/rules/evaluate-rule.ts';
import { type AlertingRule, parseRuleFile } from '../../../../core/alerts/rules/file.ts';
import { MemorySeries } from '../../../../core/alerts/rules/unit-test/memory-series.ts';
import { evaluateInstant, evaluateRange } from '../../../../core/promql/evaluate.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);
const OPTIONS = { timeoutMs: 10_000, maxSamples: 1e6, lookbackMs: 300_000 };

/** Minutes after the start at which a series has a value. */
function stored(values: Readonly<Record<string, (minute: number) => number | null>>, minutes: number) {
  const series = new MemorySeries();
  for (const [instance, of] of Object.entries(values)) {
    for (let minute = 0; minute <= minutes; minute++) {
      const value = of(minute);
      if (value !== null) series.append({ __name__: 'load', instance }, START + minute * MINUTE, value);
    }
  }
  const asked: number[] = [];
  const data: StoredData = {
    async queryRange(expression, start, end, step) {
      asked.push((end - start) / step + 1);
      return evaluateRange(expression, start, end, step, series, OPTIONS);
    },
    query: async (expression, time) => samplesOf(evaluateInstant(expression, time, series, OPTIONS)),
  };
  return { data, asked };
}

const rule = (more: string) =>
  parseRuleFile('r.yaml', `groups: [{name: g, rules: [{alert: High, expr: load > 5, ${more}}]}]`)[0]!
    .rules[0] as AlertingRule;

async function firings(one: AlertingRule, data: StoredData, minutes: number, queryOffsetMs = 0) {
  const times = { from: START, to: START + minutes * MINUTE, step: MINUTE };
  const outcome = await backtest(one, { queryOffsetMs }, times, data, { externalLabels: {}, externalUrl: '' });
  const minute = (time: number | null) => (time === null ? null : (time - START) / MINUTE);
  return {
    ...outcome,
    firings: outcome.firings.map(({ labels, begin, end, value }) => [
      ...[labels.instance, minute(begin), minute(end), value],
    ]),
  };
}

test('each firing has its begin, its end and its value; what held too shortly is counted', async () => {
  const { data } = stored(
    {
      a: (minute) => (minute >= 10 && minute < 20 ? minute : 1),
      b: (minute) => (minute >= 30 ? 9 : 0),
      c: (minute) => (minute === 5 ? 9 : 0),
    },
    40,
  );
  const { firings: found, pended, evaluations } = await firings(rule('for: 3m'), data, 40);
  expect(found).toEqual([
    ['a', 13, 20, '13'],
    ['b', 33, null, '9'],
  ]);
  expect({ pended, evaluations }).toEqual({ pended: 1, evaluations: 41 });
  expect((await firings(rule('keep_firing_for: 2m'), data, 25)).firings).toEqual([
    ['c', 5, 8, '9'],
    ['a', 10, 22, '10'],
  ]);
  expect((await firings(rule('for: 3m'), data, 40, 2 * MINUTE)).firings[0]).toEqual(['a', 15, 22, '13']);
});

test('a week in pieces is as a week at once, and labels are filled in', async () => {
  const { data, asked } = stored({ a: (minute) => (minute % 700 < 3 ? 6 : 0) }, 2000);
  const one = rule(
    'labels: {much: "{{ $value }}", of: "{{ with query \\"count(load)\\" }}{{ . | first | value }}{{ end }}"}',
  );
  const times = { from: START, to: START + 2000 * MINUTE, step: MINUTE };
  const done: number[] = [];
  const { firings: found } = await backtest(
    one,
    { queryOffsetMs: 0 },
    times,
    data,
    { externalLabels: {}, externalUrl: '' },
    (part) => done.push(part),
  );
  expect(found.map(({ begin, end }) => [(begin - START) / MINUTE, (end! - START) / MINUTE])).toEqual([
    [0, 3],
    [700, 703],
    [1400, 1403],
  ]);
  expect(found[0]!.labels).toEqual({ alertname: 'High', instance: 'a', much: '6', of: '1' });
  expect(asked).toEqual([500, 500, 500, 500, 1]);
  expect(done.at(-1)).toBe(1);
});
