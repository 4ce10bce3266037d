import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { QueryData } from '../../../core/ports/metric-store.ts';
import { TestCore } from '../../support/core/core.ts';
import { sendJson } from '../../support/core/send.ts';
import { Engine } from '../../support/engine.ts';
import { until } from '../../support/until.ts';

/** Rules over the real VictoriaMetrics: what they write is seen by the rules after them, ends with a marker, and nothing ends because the engine is gone. */
const RULES = `
groups:
  - name: g
    interval: 3s
    rules:
      - {record: 'load:max', expr: max(load)}
      - {record: 'load:max:twice', expr: '2 * {__name__="load:max"}'}
      - {alert: Loaded, expr: load > 5, labels: {severity: page}}
      - {alert: Fires, expr: 'count(ALERTS{alertname="Loaded", alertstate="firing"}) > 0'}
      - {alert: Absent, expr: absent(load)}
`;

/** How often this version of the engine writes what it has in memory to its disk. */
const FLUSH_MS = 1_000;

let engine: Engine;
let core: TestCore;
beforeAll(async () => {
  engine = await Engine.start('victoria-metrics', {}, ['-dedup.minScrapeInterval=1ms']);
  core = await TestCore.make();
  const folder = join(core.directory, 'rules');
  mkdirSync(folder);
  writeFileSync(join(folder, 'a.yml'), RULES);
  await core.start({
    metrics: 'victoriametrics',
    victoriametrics: { addresses: [engine.values.VICTORIA_METRICS_URL] },
    alerts: { rules: { files: [folder], startAfter: '0s', timeout: '2s' } },
  });
});
afterAll(async () => {
  await core?.remove();
  await engine?.stop();
});

interface RulesAnswer {
  data: {
    groups: { rules: { name: string; state?: string; health: string; lastError?: string; evaluationTime: number }[] }[];
  };
}
const rules = async () => (await core.get<RulesAnswer>('/api/v1/rules')).data.groups.flatMap((group) => group.rules);
const states = async () => (await rules()).flatMap(({ name, state }) => (state ? [`${name} ${state}`] : []));
const ask = async (query: string) => {
  const { data } = await core.get<{ data: QueryData }>('/api/v1/query', { query });
  return data.resultType === 'vector' ? data.result.map(({ value }) => value[1]) : [];
};
const put = (value: number) => sendJson(core, { host: 'pusher', metrics: [{ name: 'load', value }] });

test('what rules give is seen by the rules after them in the same evaluation, and ends', async () => {
  await until('all of it', async () => {
    await put(7);
    return (await states()).join() === 'Loaded firing,Fires firing,Absent inactive';
  });
  await until('the chain', async () => {
    await put(7);
    return (await ask('{__name__="load:max:twice"}'))[0] === '14';
  });
  expect((await rules()).map(({ lastError }) => lastError)).toEqual(Array(5).fill(undefined));
  expect(await ask('ALERTS{alertname="Loaded",alertstate="firing",severity="page"}')).toEqual(['1']);
  await until('it ends', async () => {
    await put(1);
    return (await states()).join() === 'Loaded inactive,Fires inactive,Absent inactive';
  });
  await until('its series too', async () => {
    await put(1);
    return (await ask('ALERTS{alertname="Loaded"}')).length === 0;
  });
});

test('the engine is gone: nothing ends and nothing begins; it is back, and rules go on', async () => {
  await until('it fires', async () => {
    await put(7);
    return (await states())[0] === 'Loaded firing';
  });
  // What it had in memory only is gone with it, and until the core has said it again the newest value is one from before.
  const since = Date.now();
  await until('what fires is on its disk', async () => {
    await put(7);
    return Date.now() - since > 3 * FLUSH_MS;
  });
  await engine.kill();
  await until('rules fail', async () => (await rules()).every(({ health }) => health === 'err'));
  expect((await states())[0]).toBe('Loaded firing');
  expect(await states()).toContain('Absent inactive');
  const text = await (await fetch(core.url('/metrics'))).text();
  expect(text).toMatch(/heliograph_core_rules_failures_total\{rule_group=".*;g",code="HG_ENGINE_DOWN"\} \d+/);
  await engine.restart();
  await until('rules go on', async () => {
    await put(8);
    return (await rules()).every(({ health }) => health === 'ok');
  });
  expect((await states())[0]).toBe('Loaded firing');
});
