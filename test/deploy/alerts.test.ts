import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadRuleFile } from '../../core/alerts/rules/file.ts';
import { loadUnitTestFile } from '../../core/alerts/rules/unit-test/file.ts';
import { runUnitTestFile } from '../../core/alerts/rules/unit-test/run-file.ts';

const yaml = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(folder, name));
const TESTS = yaml('deploy/alerts/tests');

test.each(TESTS)('%s: every test passes', async (file) => {
  const { errors, missing, tests } = await runUnitTestFile(file);
  expect({ errors, missing, failed: tests.filter(({ problems }) => problems.length > 0) }).toEqual({
    ...{ errors: [], missing: [], failed: [] },
  });
});

test('every alert is tested once where it fires, and once where it does not', () => {
  const alerts = yaml('deploy/alerts')
    .flatMap((file) => loadRuleFile(file))
    .flatMap(({ rules }) => rules);
  const names = alerts.flatMap((rule) => (rule.kind === 'alert' ? [rule.alert] : [])).sort();
  const tested = TESTS.flatMap((file) => loadUnitTestFile(file).tests).flatMap((one) => one.alerts);
  const of = (fires: boolean) => [
    ...new Set(tested.filter(({ expected }) => expected.length > 0 === fires).map(({ alert }) => alert)),
  ];
  expect(names.length).toBeGreaterThan(20);
  expect(of(true).sort()).toEqual(names);
  expect(of(false).sort()).toEqual(names);
});
