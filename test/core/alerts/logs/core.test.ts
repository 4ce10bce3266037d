import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Alert } from '../../../../core/alerts/alert.ts';
import { loadLogRules } from '../../../../core/alerts/logs/rule-file.ts';
import { TestCore } from '../../../support/core/core.ts';
import { TestHost } from '../../../support/core/host.ts';
import type { TestRelay } from '../../../support/core/relay.ts';
import { until } from '../../../support/until.ts';

let core: TestCore;
let relay: TestRelay;
let host: TestHost;
let file: string;

const RULES = `
rules:
  - alert: ManyErrors
    query: payment
    levels: [error]
    by: [service]
    count: {above: 20, within: 5m}
    labels: {severity: page, team: '{{ $labels.service }}-team'}
    annotations: {summary: '{{ $value }} errors of {{ $labels.service | title }}'}
  - alert: NoBackup
    query: '"backup done"'
    absent: {within: 2s}
`;

beforeEach(async () => {
  core = await TestCore.make();
  file = join(core.directory, 'log-alerts.yaml');
  writeFileSync(file, RULES);
  host = new TestHost('web-1');
  await start();
});
afterEach(() => core.remove());

async function start(): Promise<void> {
  await core.start({ alerts: { logs: { file, every: '100ms' } } });
  relay = await (await core.relay()).hello('north');
}

/** A line each second back from now. */
async function lines(count: number, message: string, service = 'shop', ago = 0): Promise<void> {
  const one = (i: number) => ({ time: Date.now() - ago - i * 1000, message, level: 'error', service, fields: {} });
  await relay.deliver('error', [
    host.lines(
      'error',
      Array.from({ length: count }, (_, i) => one(i)),
    ),
  ]);
}
const firing = () => Number(/^heliograph_core_alerts\{state="firing"\} (\d+)/m.exec(core.registry.render())?.[1]);

async function kept(): Promise<Alert[]> {
  await core.stop();
  const database = new DatabaseSync(join(core.directory, 'core', 'alerts.db'), { readOnly: true });
  const rows = database.prepare('SELECT document FROM alerts').all();
  database.close();
  return rows.map((row) => JSON.parse(row.document as string) as Alert).filter(({ source }) => source === 'log');
}

test('lines that come in make alerts, and a restart neither fires nor forgets wrongly', async () => {
  // Nobody said that there was a backup yet.
  await until('no backup', () => firing() === 1);
  await lines(1, 'backup done');
  await until('a backup', () => firing() === 0);
  await lines(15, 'payment failed');
  await lines(30, 'payment failed', 'mail', 3_600_000);
  expect((await kept()).filter(({ labels }) => labels.alertname === 'ManyErrors')).toEqual([]);
  // 15 of them are in the store only; the line that makes it 21 comes after the restart.
  await start();
  await lines(6, 'payment failed');
  await until('too many', async () => core.registry.render().includes('heliograph_core_alerts{state="firing"} 2'));
  const many = (await kept()).find(({ labels }) => labels.alertname === 'ManyErrors')!;
  expect(many).toMatchObject({
    state: 'firing',
    labels: { alertname: 'ManyErrors', service: 'shop', severity: 'page', team: 'shop-team' },
    annotations: { summary: '21 errors of Shop', example: 'payment failed' },
    value: '21',
  });
  await start();
  await until('it is there again', () => firing() === 2);
  const [again] = (await kept()).filter(({ labels }) => labels.alertname === 'ManyErrors');
  expect([again!.activeAt, again!.state]).toEqual([many.activeAt, 'firing']);
});

test('a changed file is used at once, one with an error is not, and says why', async () => {
  await lines(3, 'disk is full');
  await until('no backup', () => firing() === 1);
  writeFileSync(file, `${RULES}  - alert: DiskFull\n    query: disk\n    count: {above: 2, within: 1h}\n`);
  // Of a rule that is new the lines of before count as well.
  await until('a full disk', () => firing() === 2);
  writeFileSync(file, 'rules: [{alert: X, count: {above: many, within: 1h}}]');
  await until('it is refused', () => /log_rules_refused 1/.test(core.registry.render()));
  expect(firing()).toBe(2);
  writeFileSync(file, 'rules: []');
  await until('nothing is left', () => firing() === 0);
});

test('what cannot be a rule is refused with its line', () => {
  const refused = (text: string) => {
    writeFileSync(file, text);
    try {
      loadLogRules(file);
      return 'taken';
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(refused('rules:\n  - alert: A\n    query: x\n')).toMatch(/:2:.*give one of count, absent and unseen/);
  expect(refused('rules:\n  - alert: A\n    count: {above: 1, within: 5m}\n    absence: 5m\n')).toMatch(
    /:4:.*"rules.0.absence" is not known.*did you mean "absent"/,
  );
  expect(refused("rules:\n  - alert: A\n    count: {above: 1, within: 5m}\n    labels: {a: '{{ .x'}\n")).toMatch(
    /:4:.*mend the template/,
  );
  expect(refused('rules:\n  - {alert: A, absent: {within: 5m}}\n  - {alert: A, absent: {within: 6m}}\n')).toMatch(
    /:3:.*name of its own/,
  );
  expect(refused('rules:\n  - {alert: A, unseen: {}, by: [host]}\n')).toMatch(/kinds are told apart by service/);
});

test('texts that cannot be filled in, or not within the time, are counted, stand in the alert, and hold up no other', async () => {
  const text = (level: number) =>
    `{{ define "t${level}" }}{{ template "t${level + 1}" }}{{ template "t${level + 1}" }}{{ end }}`;
  const doubled = `${Array.from({ length: 40 }, (_, level) => text(level)).join('')}{{ define "t40" }}x{{ end }}{{ template "t0" }}`;
  const count = { above: 3, within: '5m' };
  const rules = [
    { alert: 'Queries', count, annotations: { summary: '{{ query "up" }}' } },
    { alert: 'Doubles', count, annotations: { summary: doubled } },
    { alert: 'Plain', count, annotations: { summary: '{{ $value }} lines' } },
  ];
  writeFileSync(file, JSON.stringify({ rules }));
  await until('they are read', () => firing() === 0);
  await lines(4, 'disk full');
  await until('all fire', () => firing() === 3);
  for (const rule of ['Queries', 'Doubles']) {
    expect(core.registry.render()).toMatch(new RegExp(`alerts_log_rule_errors_total\\{rule="${rule}"\\} [1-9]`));
  }
  expect(core.registry.render()).not.toMatch(/alerts_log_rule_errors_total\{rule="Plain"\} [1-9]/);
  const summaries = Object.fromEntries(
    (await kept()).map(({ labels, annotations }) => [labels.alertname, annotations.summary]),
  );
  expect(summaries.Plain).toBe('4 lines');
  expect(summaries.Queries).toMatch(/error.*expanding template.*no metrics to query/);
  expect(summaries.Doubles).toMatch(/error.*expanding template/);
});
