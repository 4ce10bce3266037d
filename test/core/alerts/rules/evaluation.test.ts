import { afterEach, expect, test } from 'vitest';
import { EPOCH, EvaluatedRules } from './evaluated-rules.ts';

const opened: EvaluatedRules[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});
function rules(text: string, more: ConstructorParameters<typeof EvaluatedRules>[0] = {}): EvaluatedRules {
  const made = new EvaluatedRules(more);
  opened.push(made);
  made.write(text);
  return made.open();
}

const LOAD = `
groups:
  - name: load
    interval: 10s
    rules:
      - record: job:load:max
        expr: max by (job) (load)
        labels: {tier: core}
      - alert: Loaded
        expr: load > 5
        for: 20s
        labels: {severity: "{{ $labels.job }}", job: ""}
        annotations: {summary: "{{ $labels.instance }} has {{ $value }}"}
      - alert: AnyLoaded
        expr: count(ALERTS{alertname="Loaded",alertstate="firing"}) > 0
`;
const load = (one: EvaluatedRules, value: number, instance = 'a') =>
  one.metrics.put({ __name__: 'load', instance, job: 'node' }, one.wall, value);

test('an alert pends, fires and ends; the series of Prometheus tell of it, and later rules of the group see it in the same evaluation', async () => {
  const one = rules(LOAD);
  const due = one.evaluator.groups[0]!.due;
  const first = (due.next - EPOCH) / 1_000;
  /** Seconds since the beginning, as they are printed. */
  const at = (seconds: number) => Math.round((first + seconds) * 1_000) / 1_000;
  // What the first evaluation sees, however soon it is.
  load(one, 7);
  await one.pass(first + 5, () => load(one, 7));
  expect(one.states()).toEqual(['a pending 7']);
  await one.pass(10, () => load(one, 7));
  expect(one.states()).toEqual(['a pending 7']);
  await one.pass(10, () => load(one, 8));
  expect(one.states()).toEqual(['AnyLoaded firing 1', 'a firing 8']);
  await one.pass(10, () => load(one, 1));
  expect(one.states()).toEqual(['AnyLoaded resolved 1', 'a resolved 8']);

  const [alert] = one.book.all();
  expect(alert).toMatchObject({
    labels: { alertname: 'Loaded', instance: 'a', severity: 'node' },
    annotations: { summary: 'a has 8' },
    activeAt: EPOCH + first * 1_000,
    firedAt: EPOCH + at(20) * 1_000,
    resolvedAt: EPOCH + at(30) * 1_000,
    // When the sample is from that it began with.
    eventAt: EPOCH + Math.floor(first) * 1_000,
  });
  const series = (name: string, more: object = {}) =>
    one.metrics.samplesOf({ __name__: name, alertname: 'Loaded', instance: 'a', severity: 'node', ...more }, EPOCH);
  expect(series('ALERTS', { alertstate: 'pending' })).toEqual([`1@${first}`, `1@${at(10)}`, `end@${at(20)}`]);
  expect(series('ALERTS', { alertstate: 'firing' })).toEqual([`1@${at(20)}`, `end@${at(30)}`]);
  const since = EPOCH / 1_000 + Math.floor(first);
  expect(series('ALERTS_FOR_STATE')).toEqual([
    `${since}@${first}`,
    `${since}@${at(10)}`,
    `${since}@${at(20)}`,
    `end@${at(30)}`,
  ]);
  expect(one.metrics.samplesOf({ __name__: 'job:load:max', job: 'node', tier: 'core' }, EPOCH)).toEqual([
    `7@${first}`,
    `7@${at(10)}`,
    `8@${at(20)}`,
    `1@${at(30)}`,
  ]);
});

test('groups are evaluated at instants that follow from their names; what was missed is counted', async () => {
  const text = (name: string) => `  - {name: ${name}, interval: 1m, rules: [{record: r, expr: "1"}]}\n`;
  const one = rules(`groups:\n${['a', 'b', 'c', 'd'].map(text).join('')}`);
  const first = one.evaluator.groups.map(({ due }) => due.next);
  expect(new Set(first).size).toBe(4);
  await one.pass(60);
  expect(one.evaluator.groups.map(({ due }) => due.next)).toEqual(first.map((time) => time + 60_000));
  // Nothing comes on for some minutes, on any clock.
  one.wall += 200_000;
  one.mono += 200_000;
  await one.pass(1);
  expect(one.missed.length).toBe(4);
  for (const missed of one.missed) expect([2, 3]).toContain(missed);
  expect(one.registry.render()).toMatch(/heliograph_core_rules_missed_total\{rule_group=".*rules.yml;a"\} [23]/);
  for (const { due } of one.evaluator.groups) expect(due.next - one.wall).toBeLessThanOrEqual(60_000);
});

test('a group of half a second is looked at in time, also while it or another is under way', async () => {
  const text = (name: string) => `  - {name: ${name}, interval: 500ms, rules: [{record: r, expr: "1"}]}\n`;
  const one = rules(`groups:\n${['a', 'b'].map(text).join('')}`, { concurrency: 1 });
  const pass = (ms: number) => {
    one.wall += ms;
    one.mono += ms;
  };
  let open: () => void = () => undefined;
  one.metrics.gate = new Promise((resolve) => {
    open = resolve;
  });
  pass(500);
  // Both are due, and there is one place: who frees it calls.
  expect(one.evaluator.step()).toBe(Number.POSITIVE_INFINITY);
  open();
  await one.evaluator.idle();
  expect(one.freed).toBe(1);
  one.evaluator.step();
  await one.evaluator.idle();
  expect(one.freed).toBe(2);
  // From now on as it is asked to be called.
  for (let i = 0; i < 40; i++) {
    const ms = one.evaluator.step();
    await one.evaluator.idle();
    expect(ms === Number.POSITIVE_INFINITY || ms <= 500).toBe(true);
    pass(ms === Number.POSITIVE_INFINITY ? 1 : ms);
  }
  expect(one.missed).toEqual([]);
});

test('a group that is slow is ended at its interval: others have their turn, and its last rules too', async () => {
  const slow = (i: number) => `      - {record: slow_${i}, expr: "vector(${i})"}\n`;
  const one = rules(
    `groups:
  - name: slow
    interval: 15s
    rules:
${[0, 1, 2, 3, 4].map(slow).join('')}  - {name: fast, interval: 15s, rules: [{record: fast, expr: "vector(9)"}]}
`,
    { concurrency: 1 },
  );
  const answer = one.metrics.answer.bind(one.metrics);
  one.metrics.answer = (...asked) => {
    // As a store that takes so long.
    const took = asked[0] === 'vector(9)' ? 0 : 10_000;
    one.wall += took;
    one.mono += took;
    return answer(...asked);
  };
  const asked = () => one.metrics.asked.map((text) => text.replace(/\D/g, '')).join('');
  one.wall += 15_000;
  one.mono += 15_000;
  await one.pass(30);
  expect(asked().replaceAll('9', '')).toMatch(/^0123401/);
  expect(asked()).toMatch(/^9?019239?/);
  expect(asked()).not.toMatch(/[0-8]{5}/);
  expect(one.registry.render()).toMatch(/heliograph_core_rules_missed_total\{rule_group=".*rules.yml;slow"\} [1-9]/);
});

test('a store that is gone resolves nothing, a part of it neither, and a rule that fails stops none of the others', async () => {
  const one = rules(`
groups:
  - name: g
    interval: 10s
    rules:
      - {alert: Loaded, expr: load > 5}
      - {alert: Twice, expr: load > 5, labels: {instance: x}}
      - {alert: Other, expr: other > 5}
  - name: h
    interval: 10s
    limit: 1
    rules:
      - {alert: Limited, expr: load > 5}
      - {record: same, expr: 'label_replace(load, "job", "$1", "instance", "(.*)")', labels: {instance: x, job: y}}
`);
  const all = (value: number) => {
    for (const instance of ['a', 'b']) load(one, value, instance);
    one.metrics.put({ __name__: 'other', instance: 'o' }, one.wall, 9);
  };
  await one.pass(20, () => all(7));
  expect(one.states()).toEqual(['a firing 7', 'b firing 7', 'o firing 9']);
  const errors = () => one.evaluator.groups.flatMap(({ rules: its }) => its.map(({ fate }) => fate.lastError));
  expect(errors()).toEqual([
    null,
    expect.stringMatching(/^HG_ALERT_TWICE/),
    null,
    expect.stringMatching(/HG_RULE_LIMIT.*exceeded limit of 1 with 2 alerts/),
    expect.stringMatching(/^HG_RULE_(TWICE|LIMIT)/),
  ]);

  one.metrics.trouble = new Error('gone');
  await one.pass(600);
  expect(one.states()).toEqual(['a firing 7', 'b firing 7', 'o firing 9']);
  expect(errors()).toEqual(Array(5).fill('gone'));
  one.metrics.trouble = null;
  // It is there again, and one of its nodes is not: what is missing in the answer is no end.
  one.metrics.partial = true;
  const states = () =>
    [...one.book.all()]
      .filter(({ labels }) => /Loaded|Other/.test(labels.alertname!))
      .map(({ labels, state, value }) => `${labels.instance} ${state} ${value}`);
  await one.pass(20, () => load(one, 8, 'a'));
  expect(states()).toEqual(['a firing 8', 'b firing 7', 'o firing 9']);
  one.metrics.partial = false;
  await one.pass(20, () => load(one, 8, 'a'));
  expect(states()).toEqual(['a firing 8', 'b resolved 7', 'o resolved 9']);
});

test('a rule that gives more than it may fails, and its alerts stay', async () => {
  const one = rules('groups: [{name: g, interval: 10s, rules: [{alert: Loaded, expr: load > 5}]}]', { maxSeries: 50 });
  await one.pass(20, () => load(one, 7));
  await one.pass(20, () => {
    for (let i = 0; i < 100; i++) load(one, 7, `h${i}`);
  });
  expect(one.states()).toEqual(['a firing 7']);
  expect(one.evaluator.groups[0]!.rules[0]!.fate.lastError).toMatch(/HG_RULE_LIMIT.*more than 50 series/);
});

test('what pended and fired goes on after a kill, with its begin and its series', async () => {
  const one = rules(LOAD);
  await one.pass(15, () => load(one, 7));
  const before = [...one.book.all()].map(({ activeAt, state }) => [activeAt, state]);
  expect(before).toHaveLength(1);
  one.kill();
  one.open();
  expect([...one.book.all()].map(({ activeAt, state }) => [activeAt, state])).toEqual(before);
  await one.pass(20, () => load(one, 7));
  expect(one.states()).toEqual(['AnyLoaded firing 1', 'a firing 7']);
  one.kill();
  one.open();
  await one.pass(20, () => load(one, 1));
  const ended = one.metrics.samplesOf(
    { __name__: 'ALERTS', alertname: 'Loaded', alertstate: 'firing', instance: 'a', severity: 'node' },
    EPOCH,
  );
  expect(ended!.at(-1)).toMatch(/^end@/);
});

test('groups that are slow hold up no others, and no more of them run than may', async () => {
  const names = ['a', 'b', 'c', 'd'];
  const text = (name: string) => `  - {name: ${name}, interval: 10s, rules: [{record: r, expr: "${name}"}]}\n`;
  const one = rules(`groups:\n${names.map(text).join('')}`, { concurrency: 2 });
  let open: () => void = () => undefined;
  one.metrics.gate = new Promise((resolve) => {
    open = resolve;
  });
  one.wall += 30_000;
  one.mono += 30_000;
  one.evaluator.step();
  one.evaluator.step();
  expect(one.metrics.asked).toHaveLength(2);
  open();
  await one.evaluator.idle();
  await one.pass(1);
  expect(new Set(one.metrics.asked)).toEqual(new Set(names));
});
