import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { QueryData } from '../../../../core/ports/metric-store.ts';
import { TestCore } from '../../../support/core/core.ts';
import { until } from '../../../support/until.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

interface ApiAlert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  state: string;
  activeAt: string;
  value: string;
}
interface ApiRule {
  type: string;
  name: string;
  query: string;
  health: string;
  lastError?: string;
  state?: string;
  duration?: number;
  keepFiringFor?: number;
  evaluationTime: number;
  lastEvaluation: string;
  labels: Record<string, string>;
  alerts?: ApiAlert[];
}
interface ApiGroup {
  name: string;
  file: string;
  interval: number;
  limit: number;
  evaluationTime: number;
  lastEvaluation: string;
  rules: ApiRule[];
}
interface RulesAnswer {
  status: string;
  error?: string;
  data: { groups: ApiGroup[]; groupNextToken?: string; refused: { file: string; error: string }[] };
}

const FILE = `
groups:
  - name: first
    interval: 200ms
    limit: 10
    rules:
      - {record: 'loads:count', expr: count(load), labels: {tier: core}}
      - alert: Loaded
        expr: load > 5
        for: 400ms
        keep_firing_for: 100ms
        labels: {severity: page}
        annotations: {summary: '{{ $labels.host }} has {{ $value }}'}
      - {alert: Counted, expr: 'loads:count > 1'}
  - name: second
    interval: 1y
    rules: [{alert: Never, expr: 'load > 100'}]
`;

async function begin(): Promise<{ core: TestCore; changes: object; folder: string }> {
  const core = await TestCore.make();
  cleanups.push(() => core.remove());
  const folder = join(core.directory, 'rules');
  mkdirSync(folder);
  writeFileSync(join(folder, 'a.yml'), FILE);
  return { core, folder, changes: { alerts: { rules: { files: [folder], startAfter: '0s' } } } };
}

async function put(url: string, values: Record<string, number>): Promise<void> {
  const metrics = Object.entries(values).map(([host, value]) => ({ name: 'load', labels: { host }, value }));
  const answer = await fetch(new URL('/v1/ingest', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ host: 'pusher', metrics }),
  });
  expect(answer.status, await answer.text()).toBeLessThan(300);
}

test('a core evaluates its rules, writes what they give, and shows them as Prometheus does', async () => {
  const { core, changes, folder } = await begin();
  writeFileSync(join(folder, 'bad.yml'), 'groups:\n  - name: x\n    rules:\n      - {alert: A, expr: "load >"}\n');
  await core.start(changes);
  const rules = (parameters: Record<string, string | string[]> = {}) =>
    core.get<RulesAnswer>('/api/v1/rules', parameters);
  const named = async (name: string) =>
    (await rules()).data.groups.flatMap((group) => group.rules).find((rule) => rule.name === name)!;
  await until('samples and alerts', async () => {
    await put(core.url('/').href, { a: 7, b: 1 });
    return (await named('Loaded')).state === 'firing' && (await named('Counted')).state === 'firing';
  });
  const { status, data } = await rules();
  expect(status).toBe('success');
  expect(data.refused).toEqual([{ file: join(folder, 'bad.yml'), error: expect.stringMatching(/bad\.yml:4/) }]);
  expect(data.groups.map(({ name, file, interval, limit }) => [name, file, interval, limit])).toEqual([
    ['first', join(folder, 'a.yml'), 0.2, 10],
    ['second', join(folder, 'a.yml'), 31_536_000, 0],
  ]);
  const [recording, loaded] = data.groups[0]!.rules;
  expect(recording).toMatchObject({
    ...{ type: 'recording', name: 'loads:count', query: 'count(load)', health: 'ok', labels: { tier: 'core' } },
    evaluationTime: expect.any(Number),
  });
  expect(loaded).toMatchObject({
    ...{ type: 'alerting', query: 'load > 5', duration: 0.4, keepFiringFor: 0.1, health: 'ok', state: 'firing' },
    annotations: { summary: '{{ $labels.host }} has {{ $value }}' },
  });
  expect(loaded!.lastError).toBeUndefined();
  expect(Date.now() - Date.parse(loaded!.lastEvaluation)).toBeLessThan(30_000);
  expect(loaded!.alerts).toEqual([
    expect.objectContaining({
      labels: expect.objectContaining({ alertname: 'Loaded', host: 'a', severity: 'page' }),
      annotations: { summary: 'a has 7' },
      state: 'firing',
      value: '7e+00',
      activeAt: expect.stringMatching(/^\d{4}-.*Z$/),
    }),
  ]);
  const { health, lastEvaluation } = await named('Never');
  expect([health, lastEvaluation]).toEqual(['unknown', '0001-01-01T00:00:00Z']);

  // Its parameters.
  const names = async (parameters: Record<string, string | string[]>) =>
    (await rules(parameters)).data.groups.map((group) =>
      [group.name, ...group.rules.map(({ name }) => name)].join(' '),
    );
  expect(await names({ type: 'record' })).toEqual(['first loads:count']);
  expect(await names({ type: 'alert', 'rule_group[]': ['second'] })).toEqual(['second Never']);
  expect(await names({ 'rule_name[]': ['Never', 'Loaded'] })).toEqual(['first Loaded', 'second Never']);
  expect(await names({ 'file[]': 'none' })).toEqual([]);
  expect(await names({ 'match[]': '{severity="page"}' })).toEqual(['first Loaded']);
  const bare = await rules({ exclude_alerts: 'true' });
  expect(bare.data.groups[0]!.rules[1]!.alerts).toBeUndefined();
  const page = await rules({ group_limit: '1' });
  expect(page.data.groups.map(({ name }) => name)).toEqual(['first']);
  const next = await rules({ group_limit: '1', group_next_token: page.data.groupNextToken! });
  expect(next.data.groups.map(({ name }) => name)).toEqual(['second']);
  expect(next.data.groupNextToken).toBeUndefined();
  // A page has as many groups as it may, whatever was left out between; one that is full and the last has no next.
  const few = await rules({ 'rule_name[]': 'Never', group_limit: '1' });
  expect([few.data.groups.map(({ name }) => name), few.data.groupNextToken]).toEqual([['second'], undefined]);
  expect((await fetch(core.url('/api/v1/rules', { group_limit: '0' }))).status).toBe(400);
  for (const bad of ['type', 'exclude_alerts', 'group_limit', 'group_next_token']) {
    expect((await fetch(core.url('/api/v1/rules', { [bad]: 'x' }))).status).toBe(400);
  }
  expect((await fetch(core.url('/api/v1/rules', { 'match[]': '{' }))).status).toBe(400);

  // What is written of it, in the real store.
  const ask = async (query: string) => {
    const answer = await core.get<{ data: QueryData }>('/api/v1/query', { query });
    return answer.data.resultType === 'vector' ? answer.data.result.map(({ metric, value }) => [metric, value[1]]) : [];
  };
  expect(await ask('{__name__="loads:count"}')).toEqual([[{ __name__: 'loads:count', tier: 'core' }, '2']]);
  expect(await ask('ALERTS{alertname="Loaded"}')).toEqual([
    [expect.objectContaining({ __name__: 'ALERTS', alertstate: 'firing', host: 'a', severity: 'page' }), '1'],
  ]);
  const since = Math.floor(Date.parse(loaded!.alerts![0]!.activeAt) / 1_000);
  expect((await ask('ALERTS_FOR_STATE{alertname="Loaded"}'))[0]![1]).toBe(String(since));
  await put(core.url('/').href, { a: 1, b: 1 });
  await until('its end is a staleness marker', async () => (await ask('ALERTS{alertname="Loaded"}')).length === 0);
  const ledger = await core.get<{ balanced: boolean }>('/api/v1/ledger');
  expect(ledger).toMatchObject({ balanced: true });
  const own = await (await fetch(core.url('/metrics'))).text();
  expect(own).toMatch(/heliograph_core_rules_evaluations_total\{rule_group=".*a\.yml;first"\} \d+/);
  expect(own).toMatch(/heliograph_core_rules_files_refused 1/);
});

test('what fires goes on after kill -9', async () => {
  const { core, changes } = await begin();
  const start = async () => {
    const child = fork(join(import.meta.dirname, '../../../support/core/core-process.ts'), [
      JSON.stringify({ ...core.config, ...changes }),
    ]);
    cleanups.push(() => void child.kill('SIGKILL'));
    const [{ http }] = (await once(child, 'message')) as [{ http: number }];
    const url = `http://127.0.0.1:${http}`;
    const alerts = async () => {
      const { data } = (await (await fetch(`${url}/api/v1/rules?rule_name[]=Loaded`)).json()) as RulesAnswer;
      return data.groups[0]!.rules[0]!.alerts!;
    };
    return { child, url, alerts };
  };
  const first = await start();
  await until('it fires', async () => {
    await put(first.url, { a: 7 });
    return (await first.alerts())[0]?.state === 'firing';
  });
  const [before] = await first.alerts();
  const gone = once(first.child, 'exit');
  first.child.kill('SIGKILL');
  await gone;
  const second = await start();
  await until('it is evaluated again', async () => {
    const { data } = (await (await fetch(`${second.url}/api/v1/rules`)).json()) as RulesAnswer;
    return data.groups[0]!.rules[1]!.health === 'ok';
  });
  expect(await second.alerts()).toEqual([{ ...before, value: expect.any(String) }]);
});
