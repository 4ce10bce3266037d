import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { fingerprintOf } from '../../../lib/alerts/fingerprint.ts';
import { parseConfig } from '../../../lib/config/load.ts';
import { AlertBook } from '../../../relay/rules/alert-book.ts';
import { readExpression } from '../../../relay/rules/expression.ts';
import { loadAlertingRules, ruleFile } from '../../../relay/rules/rules.ts';
import { SampleWindow } from '../../../relay/rules/sample-window.ts';
import { fillTemplate, templateTrouble } from '../../../relay/rules/template.ts';

const directory = mkdtempSync(join(tmpdir(), 'alerting-rules-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const rules = (text: string) => {
  const file = join(directory, 'rules.yaml');
  writeFileSync(file, text);
  return loadAlertingRules(file);
};
const refusal = (expr: string) => {
  try {
    readExpression(expr);
    return null;
  } catch (error) {
    return String(error);
  }
};

test.each([
  'up == 0',
  'node_filesystem_avail_bytes / node_filesystem_size_bytes < 0.05',
  'rate(errors_total[5m]) > 1 and on (instance) heliograph_host_up == 1',
  'sum by (site) (increase(errors_total[15m])) > 100',
  'absent(backup_done{job="backup"})',
  'time() - backup_finished_seconds > 86400',
])('%s is evaluated', (expr) => {
  expect(refusal(expr)).toBe(null);
});

test.each([
  ['1 > bool 2', 'not a scalar'],
  ['rate(a[16m]) > 1', 'range above 15m'],
  ['a offset 5m > 1', 'offset'],
  ['a @ 0 > 1', '@ is not'],
  ['max_over_time(rate(a[1m])[5m:1m]) > 1', 'subquery'],
  ['{job="x"} > 1', 'without a metric name'],
  ['topk(3, a)', 'topk'],
  ['predict_linear(a[5m], 60) < 0', 'predict_linear()'],
  ['count_over_time(heliograph_host_up[5m]) < 1', 'known of now only'],
  ['vector(1)', 'without a series'],
])('%s is refused, with its place', (expr, why) => {
  expect(refusal(expr)).toMatch(/HG_RELAY_RULE.*1:\d/s);
  expect(refusal(expr)).toContain(why);
});

test('a file is held against its schema, with line, value and fix', () => {
  const text = `groups:
  - name: g
    rules:
      - alert: A
        expr: rate(a[1h]) > 1
      - record: x
        expr: a
      - alert: B
        expr: a > 1
        annotations: {summary: "{{ humanize $value }}"}
`;
  let said = '';
  try {
    parseConfig('rules.yaml', text, ruleFile);
  } catch (error) {
    said = String(error);
  }
  expect(said).toContain('rules.yaml:5:15: "groups.0.rules.0.expr" is "rate(a[1h]) > 1"');
  expect(said).toContain('A rule asks for what a relay does not evaluate: 1:6: a range above 15m is not evaluated');
  expect(said).toContain('rules.yaml:6:9: key "groups.0.rules.1.record" is not known');
  expect(said).toContain('rules.yaml:10');
  expect(said).toContain('write {{ $labels.NAME }} or {{ $value }}');
});

test('templates take labels and the value, and nothing else', () => {
  expect(fillTemplate('{{ $labels.a }} is {{$value}}{{ $labels.none }}', { a: '{{ $value }}' }, '7')).toBe(
    '{{ $value }} is 7',
  );
  expect(templateTrouble('{{ printf "%s" $value }}')).toContain('printf');
});

test('fingerprints are those of Prometheus', () => {
  // From Prometheus' own tests (common/model/signature_test.go).
  expect(BigInt(`0x${fingerprintOf({})}`)).toBe(14695981039346656037n);
  const labels = { name: 'garland, briggs', fear: 'love is not enough' };
  expect(BigInt(`0x${fingerprintOf(labels)}`)).toBe(5799056148416392346n);
  expect(fingerprintOf({ b: '1', a: '2' })).toBe(fingerprintOf({ a: '2', b: '1' }));
  expect(fingerprintOf({ a: 'bc' })).not.toBe(fingerprintOf({ ab: 'c' }));
});

test('an alert pends, fires after `for`, goes on for `keep_firing_for`, and ends', () => {
  const [rule] = rules(
    'groups: [{name: g, rules: [{alert: A, expr: a > 1, for: 10s, keep_firing_for: 5s, labels: {team: "{{ $labels.t }}"}}]}]',
  );
  const book = new AlertBook();
  const found = [{ metric: { __name__: 'a', instance: 'h', t: 'x' }, value: '2' }];
  const state = () => [...book.all()].map((alert) => alert.state);
  book.hold(rule!, found, 1000);
  expect(state()).toEqual(['pending']);
  book.hold(rule!, found, 10_999);
  expect(state()).toEqual(['pending']);
  book.hold(rule!, [], 11_000);
  expect(state()).toEqual([]);
  book.hold(rule!, found, 20_000);
  book.hold(rule!, found, 30_000);
  expect([...book.all()]).toMatchObject([
    {
      state: 'firing',
      activeAt: 20_000,
      firedAt: 30_000,
      labels: { alertname: 'A', instance: 'h', t: 'x', team: 'x' },
    },
  ]);
  book.hold(rule!, [], 34_999);
  expect(state()).toEqual(['firing']);
  book.hold(rule!, [], 35_000);
  expect([...book.all()]).toMatchObject([{ state: 'resolved', resolvedAt: 35_000 }]);
});

test('a window keeps what its range needs, and the sample before it, whatever the order they come in', () => {
  const window = new SampleWindow({});
  for (const time of [10, 30, 20, 30, 50, 40, 60]) window.add(time, time * 2, time - 25);
  expect([...window.between(0, 100).times]).toEqual([30, 40, 50, 60]);
  expect([...window.between(35, 50).values]).toEqual([80, 100]);
  for (let time = 100; time < 6000; time++) window.add(time, 0, 0);
  expect(window.count).toBe(4096);
  expect(window.newest).toBe(5999);
  window.add(6000, 0, 0, true);
  expect(window.count).toBe(4096);
  const crowded = new SampleWindow({});
  for (let time = 1; time < 9; time++) crowded.add(time, time, 0, time > 3);
  expect([...crowded.between(0, 100).times]).toEqual([6, 7, 8]);
});
