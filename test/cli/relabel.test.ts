import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseSeries } from '../../cli/relabel/series-text.ts';
import { runCli } from '../support/run-cli.ts';

let folder: string;
let rules: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heliograph-relabel-'));
  rules = join(folder, 'collector.yaml');
  const text = `
relays: [relay:8883]
relabel:
  - {source_labels: [__name__], regex: 'go_.*', action: drop}
  - {source_labels: [pod], target_label: workload, regex: '([a-z]+)-.*'}
  - {regex: pod, action: labeldrop}
relabelLogs:
  - {source_labels: [log.level], regex: debug, action: drop}
  - {target_label: labels.team, replacement: payments}
`;
  writeFileSync(rules, text);
});
afterAll(() => rmSync(folder, { recursive: true }));

const relabel = (input: string | undefined, ...args: string[]) =>
  runCli(['relabel', 'test', '--rules', rules, ...args], 'heliograph.ts', input);

test('each rule and what it changed, then what is sent, or that it is not', async () => {
  const input =
    'go_threads 7\nup{pod="shop-1"} 1 1764000000000\nup{pod="shop-2"} 1\n{"__name__":"up","x":"\\u001b[2J"}\nno{series\nheliograph_collector_series 3\n';
  const { code, out, err } = await relabel(input, '--input', '-');
  expect(code).toBe(0);
  expect(out).toContain(
    [
      '- up{pod="shop-1"}',
      '   1 drop      __name__ ~ go_.*: no change',
      '   2 replace   pod ~ ([a-z]+)-.*: workload none -> "shop"',
      '   3 labeldrop names ~ pod: pod "shop-1" -> none',
      '  sent as up{workload="shop"}',
    ].join('\n'),
  );
  expect(out).toContain('- go_threads\n   1 drop      __name__ ~ go_.*: dropped\n');
  expect(out).toContain('the same as a series before it: it is not sent');
  expect(out).toContain('rules leave it alone');
  expect(out).not.toContain('\x1b');
  expect(err).toContain('5 series: 1 changed, 2 not sent; 1 line of the input is no series');
});

test("a relay's rules, in its configuration or in the file that it names, see instance and site", async () => {
  const apart = join(folder, 'relabel.yaml');
  writeFileSync(
    apart,
    '- {source_labels: [instance, site], target_label: where}\n- {regex: site, action: labeldrop}\n',
  );
  const relay = join(folder, 'relay.yaml');
  writeFileSync(relay, `site: north\ncores: [core:9471]\nrelabel: {rules: ${apart}}\n`);
  const input = 'up{instance="h1"} 1\nheliograph_collector_series{instance="h1"} 3\n';
  const { out, err } = await runCli(['relabel', 'test', '--rules', relay, '--input', '-'], 'heliograph.ts', input);
  expect(out).toContain('sent as up{instance="h1",site="north",where="h1;north"}');
  expect(out).toContain('sent as heliograph_collector_series{instance="h1",site="north",where="h1;north"}');
  expect(err).toContain(`rules of the relay, 2 rules in ${apart}; 2 series: 2 changed, 0 not sent`);
});

test('--json is one object a line; lines come as text or as "heliograph logs" prints them', async () => {
  const stored = {
    message: 'paid',
    'service.name': 'shop',
    'log.level': 'info',
    'host.name': 'web-1',
    fields: { 'user.id': '7' },
  };
  const { out } = await relabel(
    `DEBUG x\n${JSON.stringify(stored)}\n`,
    ...['--logs', '--input', '-', '--service', 'shop', '--json'],
  );
  const [first, second] = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(first).toMatchObject({ after: null, steps: [{ rule: 1, action: 'drop', outcome: 'dropped' }] });
  expect(second).toMatchObject({
    after: { message: 'paid', 'service.name': 'shop', 'log.level': 'info', 'user.id': '7', 'labels.team': 'payments' },
    steps: [
      { outcome: 'unchanged' },
      { outcome: 'changed', changes: [{ label: 'labels.team', before: null, after: 'payments' }] },
    ],
  });
});

test('without input the series of this machine; only what changes where that is asked', async () => {
  const own = join(folder, 'own.yaml');
  writeFileSync(
    own,
    'relabel: [{source_labels: [__name__], regex: node_load1, target_label: window, replacement: 1m}]\n',
  );
  const { out, err } = await runCli(['relabel', 'test', '--rules', own, '--changed']);
  expect(out).toMatch(
    /^- node_load1\{job="node"\}\n.*window none -> "1m"\n {2}sent as node_load1\{job="node",window="1m"\}\n$/,
  );
  expect(err).toMatch(/[1-9]\d* series: 1 changed, 0 not sent/);
});

test('a bad rule, no rules of the kind and a missing input are told with what to do', async () => {
  const bad = join(folder, 'bad.yaml');
  writeFileSync(bad, "relabel:\n  - {source_labels: [a], regex: '(?=a)', action: drop}\n");
  expect((await runCli(['relabel', 'test', '--rules', bad])).err).toMatch(
    /HG_CONFIG_VALUE.*bad\.yaml:2:.*no look-around/,
  );
  const site = join(folder, 'site.yaml');
  writeFileSync(site, 'labels: {site: north}\nrelabel: [{regex: a, action: labeldrop}]\n');
  expect((await runCli(['relabel', 'test', '--rules', site])).err).toMatch(
    /HG_CONFIG_VALUE.*site\.yaml:1:.*labels\.site/,
  );
  const none = join(folder, 'none.yaml');
  writeFileSync(none, 'relabelLogs: []\n');
  const without = await runCli(['relabel', 'test', '--rules', none, '--logs', '--input', '-'], 'heliograph.ts', '');
  expect(without.err).toContain('no rules under "relabelLogs"; add some, or leave out --logs');
  const { code, err } = await relabel(undefined, '--input', join(folder, 'none'));
  expect(code).toBe(1);
  expect(err).toMatch(/HG_CONFIG_FILE.*none: there is no such file; give the path with --input FILE/);
});

test('a series is read as the text format has it', () => {
  const f = (text: string, want: Record<string, string> | null) => expect(parseSeries(text), text).toEqual(want);
  f('up', { __name__: 'up' });
  f('up 1', { __name__: 'up' });
  f('up{} NaN', { __name__: 'up' });
  f('a:b{c="d"}', { __name__: 'a:b', c: 'd' });
  f('{c="d"}', { c: 'd' });
  f('a{c="1",d="2",} 3 4', { __name__: 'a', c: '1', d: '2' });
  f('a{ c = "x\\ny\\"\\\\" } 1', { __name__: 'a', c: 'x\ny"\\' });
  f('a{c="}"} 1', { __name__: 'a', c: '}' });
  f('{"__name__":"a","c":"d"}', { __name__: 'a', c: 'd' });
  for (const none of ['', '{}', 'a{', 'a{c}', 'a{c=d}', 'a{c="d"', 'a b c d', '{"a":1}', '{"a"', '1a']) f(none, null);
});
