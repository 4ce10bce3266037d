import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseConfig } from '../../../lib/config/load.ts';
import { HeliographError } from '../../../lib/errors.ts';
import { identityOf, loadRules, rollupRules } from '../../../relay/rollup/rules.ts';

const read = (text: string) => parseConfig('rollups.yaml', text, rollupRules);

function refusal(text: string): string {
  try {
    read(text);
  } catch (error) {
    expect(error).toBeInstanceOf(HeliographError);
    return (error as HeliographError).message;
  }
  throw new Error('it was taken');
}

test('a rule is read with its selectors, its outputs and the defaults', () => {
  const [rule] = read(`
- name: cpu
  match: node_cpu_seconds_total{mode!="idle"}
  interval: 1m
  without: [instance, cpu, cpu]
  outputs: [total, "quantiles(0.5, 0.99)"]
`);
  expect(rule).toMatchObject({
    name: 'cpu',
    interval: '1m',
    intervalMs: 60_000,
    lateness: 30_000,
    staleness: 300_000,
    by: [],
    without: ['cpu', 'instance'],
    inputs: 'keep',
  });
  expect(rule!.match[0]!.map(({ name, operator }) => name + operator)).toEqual(['__name__=', 'mode!=']);
  expect(rule!.outputs.map(({ aggregate }) => aggregate.suffix)).toEqual(['total', 'quantiles']);
});

test('what is wrong is told with file, line, value and fix', () => {
  const f = (lines: string, want: RegExp) =>
    expect(refusal(`- name: a\n  match: up\n  interval: 1m\n  outputs: [sum]\n${lines}`)).toMatch(want);
  f('  inputs: lose\n', /rollups.yaml:5:11: "0.inputs" is "lose"; write one of: keep, drop/);
  f('  bye: [x]\n', /rollups.yaml:5:3: key "0.bye" is not known; did you mean "by"\?/);
  f('  by: [a]\n  without: [b]\n', /rollups.yaml:6:12.*give by or without, not both/);
  f('  by: [relay]\n', /leave out __name__, relay and site/);
  f(
    '- name: a\n  match: up\n  interval: 1m\n  outputs: [sum]\n',
    /rollups.yaml:5:9: "1.name" is "a"; give each rule a name/,
  );
  const g = (field: string, value: string, want: RegExp) => {
    const fields = { name: 'a', match: 'up', interval: '1m', outputs: '[sum]', [field]: value };
    const text = Object.entries(fields).map(([key, one]) => `  ${key}: ${one}`);
    expect(refusal(`-${text.join('\n').slice(1)}`)).toMatch(want);
  };
  g('match', '\'up{job=~"("}\'', /rollups.yaml:2:10.*write a PromQL selector/);
  g('match', 'rate(up[5m])', /expected a series selector/);
  g('match', '\'{job=~".*"}\'', /at least one non-empty matcher/);
  g('interval', '100ms', /"0.interval" is "100ms"; write a duration from 1s to 1d/);
  g('outputs', '[mean]', /rollups.yaml:4:13: "0.outputs.0" is "mean"; write one of: total/);
  g('outputs', '["quantiles(50)"]', /numbers from 0 to 1/);
  g('outputs', '["histogram(2, 1)"]', /ascending/);
  g('outputs', '[sum, sum_samples]', /name sum_samples once/);
});

test('a rule that computes the same is the same, whatever becomes of its inputs', () => {
  const one = (more: string) =>
    identityOf(read(`- {name: a, match: up, interval: 1m, outputs: ["quantiles(0.5, 1)"]${more}}`)[0]!);
  expect(one(', inputs: drop, lateness: 5s')).toBe(one(''));
  expect(one(', by: [job]')).not.toBe(one(''));
});

test('a rule that the core merges says what it wants of one distribution', () => {
  const rule = (outputs: string) =>
    `- {name: a, match: up, interval: 1m, by: [job], merge: core, outputs: [${outputs}]}`;
  const [merged] = read(rule('"quantiles(0.5, 0.99)", "histogram(0.1, 1)", count_samples, max'));
  expect(merged!.plan).toEqual({ quantiles: [0.5, 0.99], bounds: [0.1, 1], plain: ['count_samples', 'max'] });
  expect(read(rule('max, total, stddev'))[0]!.plan).toMatchObject({ plain: ['max', 'total', 'stddev'] });
  const bounds = Array.from({ length: 257 }, (_, i) => i);
  expect(refusal(rule(`"histogram(${bounds})"`))).toMatch(/"0.outputs".*write at most 256 quantiles and bounds/);
  const [alone] = read(rule('max').replace('merge: core', 'merge: relay'));
  expect(alone!.plan).toBeNull();
  expect(identityOf(alone!)).not.toBe(identityOf(read(rule('max'))[0]!));
});

test('where there are several workers the core merges what they have, of every rule', () => {
  const directory = mkdtempSync(join(tmpdir(), 'rollup-rules-'));
  const file = join(directory, 'rollups.yaml');
  try {
    writeFileSync(file, '- {name: a, match: up, interval: 1m, outputs: [total, last, "quantiles(0.5)"]}');
    const [alone] = loadRules(file, 1);
    const [together] = loadRules(file, 2);
    expect(alone!.plan).toBeNull();
    expect(together).toMatchObject({
      merge: 'relay',
      plan: { quantiles: [0.5], bounds: [], plain: ['total', 'last'] },
    });
    // What they have seen is not of one kind.
    expect(identityOf(together!)).not.toBe(identityOf(alone!));
  } finally {
    rmSync(directory, { recursive: true });
  }
});
