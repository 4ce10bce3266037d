import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { evaluateAlertingRule } from '../../../../../core/alerts/rules/evaluate-rule.ts';
import type { AlertingRule } from '../../../../../core/alerts/rules/file.ts';
import { FillBudget } from '../../../../../core/alerts/rules/template/budget.ts';

const rule = {
  ...{ kind: 'alert', alert: 'Nested', expr: 'up', line: 1, forMs: 0, keepFiringForMs: 0, labels: {} },
  annotations: { all: '{{ $q := query "up" }}{{ range $q }}{{ range $q }}{{ end }}{{ end }}', plain: 'text' },
} as unknown as AlertingRule;
const series = Array.from({ length: 200 }, (_, i) => ({ labels: { instance: `${i}` }, value: 1 }));

async function filled(timeoutMs: number, aLook: number) {
  let now = 0;
  let rests = 0;
  let asked = 0;
  const mono = () => {
    asked++;
    now += aLook;
    return now;
  };
  const rest = () => {
    rests++;
    return setImmediate();
  };
  const held = await evaluateAlertingRule(rule, async () => series, {
    ...{ now: 0, externalLabels: {}, externalUrl: '' },
    budget: new FillBudget(mono, rest, timeoutMs),
  });
  const failed = held.filter(({ annotations }) => annotations.all !== '');
  return { held, failed, rests, asked };
}

test('templates of a rule have so many steps together, and give others a turn; alerts beyond are there all the same', async () => {
  const { held, failed, rests, asked } = await filled(1e9, 6);
  expect(held).toHaveLength(200);
  // 40,000 rounds each.
  expect(failed.length).toBeGreaterThan(50);
  expect(failed.length).toBeLessThan(100);
  expect(failed.at(-1)!.annotations.all).toContain('more than 5000000 steps');
  expect(held.every(({ annotations }) => annotations.plain === 'text')).toBe(true);
  // Each second look finds that the turn is over.
  expect(rests).toBeGreaterThan(asked / 4);
});

test('templates of a rule have so long together', async () => {
  const { held, failed } = await filled(10_000, 6);
  expect([held.length, failed.length > 180]).toEqual([200, true]);
  expect(failed.at(-1)!.annotations.all).toContain('longer than 10000 ms');
});
