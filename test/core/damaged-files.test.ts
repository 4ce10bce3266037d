import { readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TestCore } from '../support/core/core.ts';
import { TestHost } from '../support/core/host.ts';
import { until } from '../support/until.ts';

let core: TestCore;

beforeEach(async () => {
  core = await (await TestCore.make()).start();
  const relay = await (await core.relay()).hello();
  const host = new TestHost('web-1');
  const page = host.page([{ name: 'kept' }]);
  relay.define('web-1', page);
  expect((await relay.deliver('metric', [host.metrics(page, [[Date.now(), [7]]])])).kind).toBe('acknowledged');
});
afterEach(() => core.remove());

const file = (...name: string[]) => join(core.directory, 'core', ...name);
const garbage = (path: string) => writeFileSync(path, Buffer.alloc(20_000, 'no database '));

async function kept(): Promise<unknown> {
  const { data } = await core.get<{ data: { result: { value: unknown[] }[] } }>('/api/v1/query', { query: 'kept' });
  return data.result[0]?.value[1];
}

test('what can be done without is put aside and begun anew; the rest is served', async () => {
  await core.stop();
  garbage(file('fleet.db'));
  garbage(file('definitions.db'));
  await core.start();
  expect(await kept()).toBe('7');
  const names = readdirSync(file());
  for (const name of ['fleet.db', 'definitions.db']) {
    expect(names.filter((one) => one.startsWith(`${name}.damaged-`) && !/-(wal|shm)$/.test(one))).toHaveLength(1);
  }
  // The relay tells the new core what it has to know.
  const relay = await (await core.relay()).hello();
  const host = new TestHost('web-2');
  const page = host.page([{ name: 'after' }]);
  relay.define('web-2', page);
  expect((await relay.deliver('metric', [host.metrics(page, [[Date.now(), [1]]])])).kind).toBe('acknowledged');
});

test.each([['core.db'], ['metrics/catalog.db'], ['logs/catalog.db']])(
  'a damaged %s stops the start, by name, and nothing is touched',
  async (name) => {
    await core.stop();
    garbage(file(name));
    const before = readdirSync(dirname(file(name)));
    await expect(core.start()).rejects.toMatchObject({
      code: 'HG_STORE_DAMAGED',
      message: expect.stringContaining(name),
    });
    expect(readdirSync(dirname(file(name)))).toEqual(before);
  },
);

test('a file that was cut in the middle is seen at the start, not at some later read', async () => {
  await core.stop();
  truncateSync(file('core.db'), 8192);
  await expect(core.start()).rejects.toMatchObject({ code: 'HG_STORE_DAMAGED' });
});

test('a damaged day of metrics is put aside, and the other days and what comes are served', async () => {
  await core.stop();
  garbage(file('metrics', 'day-2020-01-01.db'));
  await core.start();
  expect(await kept()).toBe('7');
  expect(readdirSync(file('metrics')).filter((name) => /^day-2020-01-01\.db\.damaged-\w+$/.test(name))).toHaveLength(1);
  await until('it is counted', () =>
    core.registry.render().includes('heliograph_core_metric_store_damaged_days_total 1'),
  );
});

test('a damaged hour of lines fails the searches that need it, by name, and no others', async () => {
  await core.stop();
  garbage(file('logs', 'lines-2020-01-01T00.db'));
  await core.start();
  expect(await core.get('/api/v1/logs', {})).toMatchObject({ lines: [] });
  const hour = { start: '2020-01-01T00:00:00Z', end: '2020-01-01T01:00:00Z' };
  expect(await core.get('/api/v1/logs', hour)).toMatchObject({
    code: 'HG_STORE_DAMAGED',
    error: expect.stringContaining('lines-2020-01-01T00.db'),
  });
});
