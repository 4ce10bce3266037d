import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { rulePaths } from '../../../../core/alerts/rules/rule-paths.ts';
import { EvaluatedRules } from './evaluated-rules.ts';

const opened: EvaluatedRules[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});
function open(files: Record<string, string>): EvaluatedRules {
  const one = new EvaluatedRules();
  opened.push(one);
  for (const [name, text] of Object.entries(files)) one.write(text, name);
  return one.open();
}
const file = (alert: string, expr = 'load > 5', more = '') =>
  `groups:\n  - name: g\n    interval: 10s\n    rules:\n      - {alert: ${alert}, expr: '${expr}'${more}}\n`;
const load = (one: EvaluatedRules) => one.metrics.put({ __name__: 'load' }, one.wall, 7);
const states = (one: EvaluatedRules) =>
  [...one.book.all()].map(({ labels, state, activeAt }) => `${labels.alertname} ${state} ${activeAt}`).sort();

test('a bad file keeps the rules it had and says so by line; other files go on, come and go', async () => {
  const one = open({ 'a.yml': file('A'), 'b.yml': file('B') });
  await one.pass(20, () => load(one));
  const before = states(one);
  expect(before).toHaveLength(2);

  one.write(`${file('A')}      - {alert: , expr: "("}\n`, 'a.yml');
  one.write(file('C'), 'c.yaml');
  one.write('not rules', 'd.txt');
  one.look();
  expect([...one.files.trouble.keys()]).toEqual([join(one.directory, 'a.yml')]);
  expect([...one.files.trouble.values()][0]).toMatch(/a\.yml:\d+/);
  await one.pass(20, () => load(one));
  expect(states(one)).toEqual([...before, expect.stringMatching(/^C firing/)]);

  // Good again, with another expression and a text: the alert goes on.
  one.write(file('A', 'load > 6', ', annotations: {summary: new}'), 'a.yml');
  rmSync(join(one.directory, 'b.yml'));
  one.look();
  expect(one.files.trouble.size).toBe(0);
  await one.pass(20, () => load(one));
  const [a, b, c] = states(one);
  expect([a, c]).toEqual([before[0], expect.stringMatching(/^C firing/)]);
  expect(b).toMatch(/^B resolved/);
  expect([...one.book.all()].find(({ labels }) => labels.alertname === 'A')!.annotations).toEqual({ summary: 'new' });
  // Its series end with it.
  expect(one.metrics.samplesOf({ __name__: 'ALERTS', alertname: 'B', alertstate: 'firing' })!.at(-1)).toMatch(/^end/);
});

test('a file that is bad at the start ends none of its alerts', async () => {
  const one = open({ 'a.yml': file('A') });
  await one.pass(20, () => load(one));
  one.kill();
  one.write('groups: 7', 'a.yml');
  one.open();
  expect(states(one)).toEqual([expect.stringMatching(/^A firing/)]);
  one.write(file('A'), 'a.yml');
  one.look();
  await one.pass(20, () => load(one));
  expect(states(one)).toEqual([expect.stringMatching(/^A firing/)]);
});

test('a group that is read again while it is evaluated gives nothing of the rules it had', async () => {
  const one = open({ 'a.yml': file('A') });
  let open_: () => void = () => undefined;
  one.metrics.gate = new Promise((resolve) => {
    open_ = resolve;
  });
  one.wall += 20_000;
  one.mono += 20_000;
  load(one);
  one.evaluator.step();
  expect(one.metrics.asked).toEqual(['load > 5']);
  one.write(file('B'), 'a.yml');
  one.look();
  open_();
  await one.evaluator.idle();
  expect(states(one)).toEqual([]);
  await one.pass(20, () => load(one));
  expect(states(one)).toEqual([expect.stringMatching(/^B firing/)]);
});

test('folders, files and patterns', () => {
  const one = open({ 'b.yml': '', 'a.yaml': '', 'c.txt': '' });
  mkdirSync(join(one.directory, 'more'));
  writeFileSync(join(one.directory, 'more', 'd.yml'), '');
  const at = (name: string) => join(one.directory, name);
  expect(rulePaths([one.directory, at('a.yaml'), at('*/*.yml'), at('none-*.yml')])).toEqual({
    files: [at('a.yaml'), at('b.yml'), at('more/d.yml')],
    trouble: new Map(),
  });
  const { files, trouble } = rulePaths([at('gone'), at('b.yml')]);
  expect(files).toEqual([at('b.yml')]);
  expect([...trouble.keys()]).toEqual([at('gone')]);
});
