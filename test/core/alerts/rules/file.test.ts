import { expect, test } from 'vitest';
import { parseRuleFile } from '../../../../core/alerts/rules/file.ts';
import type { HeliographError } from '../../../../lib/errors.ts';

const GOOD = `
groups:
  - name: hosts
    interval: 30s
    limit: 10
    query_offset: 1m
    labels: { team: ops, tier: all }
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
      - alert: Down
        expr: up == 0
        for: 1h30m
        keep_firing_for: 5m
        labels: { severity: yes, tier: "{{ $labels.tier }}", code: 1.10 }
        annotations:
          summary: "{{ $labels.instance }} is down"
  - name: empty
`;

test('a rule file of Prometheus, with its lines; labels are the text that stands there', () => {
  const [hosts, empty] = parseRuleFile('rules.yaml', GOOD);
  expect(hosts).toMatchObject({
    ...{ name: 'hosts', file: 'rules.yaml', intervalMs: 30_000, limit: 10, queryOffsetMs: 60_000 },
    rules: [
      {
        kind: 'record',
        record: 'job:up:sum',
        expr: 'sum by (job) (up)',
        labels: { team: 'ops', tier: 'all' },
        line: 9,
      },
      {
        ...{ kind: 'alert', alert: 'Down', forMs: 5_400_000, keepFiringForMs: 300_000, line: 11 },
        labels: { team: 'ops', severity: 'yes', tier: '{{ $labels.tier }}', code: '1.10' },
        annotations: { summary: '{{ $labels.instance }} is down' },
      },
    ],
  });
  expect(empty).toMatchObject({ name: 'empty', rules: [], intervalMs: null, limit: 0, queryOffsetMs: 0 });
  expect(parseRuleFile('rules.yaml', '')).toEqual([]);
});

function problems(text: string): { code: string; message: string } {
  try {
    parseRuleFile('rules.yaml', text);
  } catch (error) {
    const { code, message } = error as HeliographError;
    return { code, message };
  }
  return { code: 'none', message: '' };
}

test('all problems of a file are told at once, each with its line and what to write', () => {
  const { code, message } = problems(`
groups:
  - name: a
    rules:
      - alert: One
        expr: sum(
      - alert: Two
        expr: up
        for: 5x
        annotations:
          summary: "{{ $label.x }}"
      - record: three{a="b"}
        expr: up[5m]
        for: 5m
      - expr: up
      - alert: Five
        record: five
        expr: up
        labels: { __name__: x }
  - name: a
`);
  expect(code).toBe('HG_CONFIG_VALUE');
  expect(message).toContain(
    'rules.yaml:6:15: "groups.0.rules.0.expr" is "sum("; mend the expression: The query is not valid PromQL: 1:5: unexpected end of input',
  );
  expect(message).toContain('rules.yaml:9:14: "groups.0.rules.1.for" is "5x"; write a duration');
  expect(message).toContain('mend the template: 1:4: undefined variable "$label"');
  expect(message).toContain('rules.yaml:12:17: "groups.0.rules.2.record"');
  expect(message).toContain('it gives a range vector');
  expect(message).toContain('leave out "for": a recording rule has none');
  expect(message).toContain('rules.yaml:15:9: "groups.0.rules.3" is a map with expr; set one of "record" and "alert"');
  expect(message).toContain(
    'rules.yaml:16:16: "groups.0.rules.4.alert" is "Five"; set only one of "record" and "alert"',
  );
  expect(message).toContain('leave out __name__');
  expect(message).toContain('give each group of a file a name of its own');
});

test('a key that is not known, and YAML that is none, are refused by line', () => {
  const key = problems(
    'groups:\n  - name: a\n    rules:\n      - alert: A\n        expr: up\n        annotation: 5m\n',
  );
  expect(key.code).toBe('HG_CONFIG_KEY');
  expect(key.message).toContain(
    'rules.yaml:6:9: key "groups.0.rules.0.annotation" is not known; did you mean "annotations"?',
  );
  expect(problems('groups: [').code).toBe('HG_CONFIG_SYNTAX');
  expect(problems('groups:\n  - name: a\n    name: b\n').code).toBe('HG_CONFIG_SYNTAX');
  expect(problems('groups: []\n---\ngroups: []\n').code).toBe('HG_CONFIG_SYNTAX');
  expect(problems('groups:\n  - rules: []\n').message).toContain('"groups.0.name" is missing');
});

test('a rule that needs native histograms is refused by line; one that may do without, and one of classic histograms, is not', () => {
  const of = (expr: string) =>
    problems(`groups:\n  - name: a\n    rules:\n      - alert: A\n        expr: ${JSON.stringify(expr)}\n`);
  for (const [expr, name] of [
    ['histogram_count(rate(x[5m])) > 5', 'histogram_count'],
    ['sum by (job) (histogram_avg(x)) and up', 'histogram_avg'],
    ['up * on (job) histogram_stddev(x)', 'histogram_stddev'],
    ['(x </ 2) or histogram_sum(x)', '</'],
    ['max_over_time(histogram_stdvar(x)[5m:1m])', 'histogram_stdvar'],
  ]) {
    const { code, message } = of(expr!);
    expect(code, expr).toBe('HG_CONFIG_VALUE');
    expect(message, expr).toContain('rules.yaml:5:15: "groups.0.rules.0.expr"');
    expect(message, expr).toContain(`leave out ${name}: native histograms`);
  }
  for (const expr of [
    'histogram_count(x) or x_count',
    'up unless histogram_count(x)',
    'absent(histogram_count(x))',
    'up + on (job) fill(0) histogram_count(x)',
    'histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m]))) > 1',
    'histogram_fraction(0, 0.5, x_bucket) < 0.9',
  ]) {
    expect(of(expr), expr).toEqual({ code: 'none', message: '' });
  }
});
