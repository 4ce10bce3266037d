import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkRuleFile } from '../../../cli/rules/check.ts';
import { runUnitTestFile } from '../../../core/alerts/rules/unit-test/run-file.ts';
import { buildProgram } from '../go-program.ts';

const CASES = join(import.meta.dirname, 'cases');
const CHECKS = join(import.meta.dirname, 'check');
const cases = readdirSync(CASES).filter((name) => name.endsWith('.test.yaml'));
const checks = readdirSync(CHECKS);

/** What the promtool of Debian, 2.42, does not know yet: keys of groups, names in UTF-8, a test's start, open left edges of ranges, some words. */
const NEEDS_3: ReadonlySet<string> = new Set([
  ...['group-labels.test.yaml', 'start-timestamp.test.yaml', 'utf8-names.test.yaml', 'fuzzy.test.yaml'],
  ...['subquery-interval.test.yaml', 'templates.test.yaml', 'fails-recorded-over-input.test.yaml'],
  ...['good-all.yaml', 'good-utf8.yaml'],
]);

let promtool3 = '';
let promtool2 = '';
beforeAll(async () => {
  promtool3 = await buildProgram('build-promtool.sh', 'PROMTOOL_RULES');
  const { stdout } = spawnSync(join(import.meta.dirname, '../start/start-prometheus.sh'), ['--tool-only'], {
    encoding: 'utf8',
  });
  promtool2 = /^PROMTOOL=(.*)$/m.exec(stdout)?.[1] ?? '';
});

/** Whether promtool takes it, and what it says. */
function asked(program: string, ...args: string[]): { ok: boolean; said: string } {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return { ok: status === 0, said: stdout + stderr };
}

describe('files of unit tests', () => {
  test.each(cases)('%s has the verdict of promtool 3 and 2', async (name) => {
    const file = join(CASES, name);
    const ours = await runUnitTestFile(file);
    const three = asked(promtool3, 'test', file);
    expect({ name, ok: ours.ok, said: three.said }).toEqual({ name, ok: three.ok, said: three.said });
    expect(ours.ok, `${JSON.stringify(ours, null, 1)}\n${three.said}`).toBe(!name.startsWith('fails-'));
    if (NEEDS_3.has(name)) return;
    const two = asked(promtool2, 'test', 'rules', file);
    expect({ name, ok: ours.ok, said: two.said }).toEqual({ name, ok: two.ok, said: two.said });
  });
});

describe('rule files', () => {
  test.each(checks)('%s has the verdict of promtool 3 and 2', (name) => {
    const file = join(CHECKS, name);
    const ours = checkRuleFile(file);
    const three = asked(promtool3, 'check', file);
    expect({ name, ok: ours.ok, said: three.said }).toEqual({ name, ok: three.ok, said: three.said });
    expect(ours.ok, `${ours.error}\n${three.said}`).toBe(name.startsWith('good-'));
    if (NEEDS_3.has(name)) return;
    expect(ours.ok).toBe(asked(promtool2, 'check', 'rules', file).ok);
  });
});

describe('deploy/alerts', () => {
  test.each(['hosts.yaml', 'tiers.yaml'])('%s and its tests are good for promtool 3, too', (name) => {
    const checked = asked(promtool3, 'check', join('deploy/alerts', name));
    expect(checked).toEqual({ ok: true, said: '' });
    const tested = asked(promtool3, 'test', join('deploy/alerts/tests', name));
    expect(tested.said).toContain('SUCCESS');
    expect(tested.ok).toBe(true);
  });
});
