import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../support/run-cli.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heliograph-rules-'));
  const rule = (more: string) =>
    `groups:\n  - name: g\n    rules:\n      - {alert: Down, expr: up == 0, for: 1m${more}}\n`;
  const tests = (at: string) => `
rule_files: [good.yaml]
tests:
  - name: one that passes
    interval: 1m
    input_series: [{series: 'up{instance="a"}', values: '0x5'}]
    alert_rule_test: [{alertname: Down, eval_time: 1m, exp_alerts: [{exp_labels: {instance: a}, exp_annotations: {text: a is down}}]}]
  - name: one that is early
    interval: 1m
    input_series: [{series: 'up{instance="a"}', values: '0x5'}]
    alert_rule_test: [{alertname: Down, eval_time: ${at}, exp_alerts: [{exp_labels: {instance: b}}]}]
    promql_expr_test: [{expr: up, eval_time: 1m, exp_samples: [{labels: 'up{instance="a"}', value: 1}]}]
`;
  write('good.yaml', rule(', annotations: {text: "{{ $labels.instance }} is down"}'));
  write('bad.yaml', rule(', fro: 1m').replace('up == 0', 'up =='));
  write('twice.yaml', `${rule('')}      - {alert: Down, expr: up < 1}\n`);
  write('tests.yaml', tests('1m'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const rules = (...args: string[]) =>
  runCli(['rules', ...args.map((arg) => arg.replace(/^[a-z]+\.yaml$/, join(folder, '$&')))]);

test('check says of each file whether it is taken, and what is wrong by line', async () => {
  const good = await rules('check', 'good.yaml');
  expect(good).toMatchObject({ code: 0, out: expect.stringContaining('good.yaml: good, 1 rule in 1 group') });
  const bad = await rules('check', 'good.yaml', 'bad.yaml');
  expect(bad.code).toBe(1);
  expect(bad.out).toMatch(/bad\.yaml:4:\d+: key "groups\.0\.rules\.0\.fro" is not known/);
  expect(bad.out).toMatch(/bad\.yaml:4:\d+: "groups\.0\.rules\.0\.expr" is "up =="; mend the expression/);
  const twice = await rules('check', 'twice.yaml');
  expect(twice).toMatchObject({ code: 0, err: expect.stringContaining('Down{} stands 2 times (lines 4, 5)') });
  expect((await rules('check', 'twice.yaml', '--strict')).code).toBe(3);
  const json = JSON.parse((await rules('check', 'bad.yaml', '--json')).out);
  expect(json).toMatchObject({ ok: false, files: [{ ok: false, error: expect.stringContaining('fro') }] });
});

test('test shows what was expected and what is there, and has the exit code of promtool', async () => {
  const { code, out } = await rules('test', 'tests.yaml');
  expect(code).toBe(1);
  expect(out).toContain('tests.yaml: 1 of 2 tests failed');
  expect(out).toMatch(
    /tests\.yaml:\d+: alert Down at 1m:\n {6}- \{instance="b"\} \{\}\n {6}\+ \{instance="a"\} \{text="a is down"\}/,
  );
  expect(out).toMatch(/up at 1m:\n {6}- up\{instance="a"\} 1\n {6}\+ up\{instance="a"\} 0/);
  const some = await rules('test', 'tests.yaml', '--run', '^one that pass');
  expect(some).toMatchObject({ code: 0, out: expect.stringContaining('1 test, 1 left out') });
  const json = JSON.parse((await rules('test', 'tests.yaml', '--json')).out);
  expect(json.files[0].tests.map(({ problems }: { problems: object[] }) => problems.length)).toEqual([0, 2]);
  expect((await rules('test', 'tests.yaml', '--run', '(')).code).not.toBe(0);
  expect((await rules('test', 'none.yaml')).out).toContain('there is no such file');
});
