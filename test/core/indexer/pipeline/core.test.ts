import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { StoredLine } from '../../../../core/ports/log-store.ts';
import { imbalance, type Ledger } from '../../../../lib/ledger.ts';
import { TestCore } from '../../../support/core/core.ts';
import { TestHost } from '../../../support/core/host.ts';
import { sendJson } from '../../../support/core/send.ts';
import { EventStream } from '../../../support/event-stream.ts';
import { until } from '../../../support/until.ts';

let core: TestCore;
afterEach(() => core.remove());

const search = async (parameters: Record<string, string> = {}) =>
  (await core.get<{ lines: StoredLine[] }>('/api/v1/logs', parameters)).lines;
const found = (many: number, parameters: Record<string, string> = {}) =>
  until(`${many} lines`, async () => {
    const lines = await search(parameters);
    return lines.length === many ? lines : null;
  });

async function entryOf(dataClass: string) {
  const view = await core.get<{ tiers: Ledger[]; balanced: boolean; words: string[] }>('/api/v1/ledger');
  return { entry: view.tiers.at(-1)!.entries.find((entry) => entry.class === dataClass)!, ...view };
}

test('JSON that comes by a door is found by its fields, by its message and by its level', async () => {
  core = await (await TestCore.make()).start({ indexer: { services: [{ service: 'shop', parse: 'json' }] } });
  const answer = await sendJson(core, {
    host: 'web-1',
    logs: [
      { service: 'shop', message: '{"level":"warn","msg":"card declined","http":{"status":402},"user":"anna"}' },
      { service: 'shop', message: '{"level":"info","msg":"card taken","http":{"status":200},"user":"anna"}' },
      { service: 'shop', message: 'not JSON at all' },
      { service: 'other', message: '{"msg":"left alone"}' },
    ],
  });
  expect(answer.status).toBe(200);
  await found(4);
  expect(await search({ field: 'http.status=402' })).toMatchObject([
    { message: 'card declined', 'log.level': 'warning', fields: { 'http.status': '402', user: 'anna' } },
  ]);
  expect(await search({ field: 'user=anna', q: 'taken', level: 'info' })).toHaveLength(1);
  expect(await search({ field: 'heliograph.parse.error=not_json' })).toMatchObject([{ message: 'not JSON at all' }]);
  expect(await search({ service: 'other' })).toMatchObject([{ message: '{"msg":"left alone"}' }]);
  expect(core.registry.render()).toContain('heliograph_core_indexer_parsed_lines_total{rule="shop"} 2');
  expect(core.registry.render()).toContain(
    'heliograph_core_indexer_parse_failed_lines_total{rule="shop",reason="not_json"} 1',
  );
  expect(await core.get<{ code: string }>('/api/v1/logs', { field: 'no value' })).toMatchObject({
    code: 'HG_API_PARAMETER',
  });
});

test('lines that a filter drops stand in the ledger by its name, errors stay, and the account balances', async () => {
  const filters = [{ name: 'health', where: [{ field: 'message', glob: '*healthz*' }] }];
  core = await (await TestCore.make()).start({ indexer: { filters, environment: { dropBelow: 'warning' } } });
  const relay = await (await core.relay()).hello('north');
  const host = new TestHost('web-1');
  const staging = { fields: { 'service.environment': 'staging' } };
  const block = [
    host.lines('log', [{ message: 'GET /healthz' }, { message: 'GET /' }, { message: 'HEAD /healthz' }]),
    host.lines('log', [
      { message: 'noise', ...staging },
      { message: 'mind', level: 'warning', ...staging },
    ]),
  ];
  await relay.deliver('log', block);
  await relay.deliver('error', [host.lines('error', [{ message: 'GET /healthz failed', level: 'error', ...staging }])]);
  expect((await found(3)).map((line) => line.message).sort()).toEqual(['GET /', 'GET /healthz failed', 'mind']);
  // The place of a line is that in the frame as it was sent.
  expect((await search({ q: 'GET', level: 'info' }))[0]!.id).toBe(`web-1/${host.boot}/log/1/1`);
  const { entry, balanced, words } = await until('the account', async () => {
    const view = await entryOf('log');
    return view.entry.out.frames === 2 && view.entry.queued.frames === 0 ? view : null;
  });
  expect(entry).toMatchObject({
    in: { frames: 2, items: 5 },
    out: { frames: 2, items: 2 },
    dropped: { 'filtered:health': { items: 2 }, 'filtered:outside-production': { items: 1 } },
  });
  expect(imbalance(entry)).toEqual({ frames: 0, items: 0 });
  expect(balanced).toBe(true);
  expect(words.join(' ')).toContain('dropped 2 log lines: filtered:health.');
  const figures = core.registry.render();
  expect(figures).toContain('heliograph_core_indexer_filtered_lines_total{rule="health"} 2');
  expect(figures).toContain('heliograph_core_indexer_filtered_lines_total{rule="outside-production"} 1');

  // The same frames again: repeated, and counted nowhere a second time. After a restart as well.
  await relay.deliver('log', block);
  await until('the repeats', async () => (await entryOf('log')).entry.repeated.items === 5);
  expect(core.registry.render()).toContain('heliograph_core_indexer_filtered_lines_total{rule="health"} 2');
  await core.stop();
  await core.start();
  const restarted = (await entryOf('log')).entry;
  expect(restarted.dropped).toEqual({
    'filtered:health': { frames: 0, items: 2 },
    'filtered:outside-production': { frames: 0, items: 1 },
  });
  expect(imbalance(restarted)).toEqual({ frames: 0, items: 0 });
});

test('the same frame after the rules were changed is no second line', async () => {
  core = await (await TestCore.make()).start({ indexer: { services: [{ service: 'test', parse: 'json' }] } });
  const host = new TestHost('web-1');
  const text = `{"time":${Date.now() - 60_000},"msg":"one","n":1}`;
  const block = [host.lines('log', [{ message: text }, { message: text.replace('one', 'two') }])];
  const deliver = async () => (await (await core.relay()).hello('north')).deliver('log', block);
  await deliver();
  const before = await found(2);
  await core.stop();
  await core.start({
    indexer: {
      services: [{ service: 'test', parse: 'regex', pattern: '"n":(?P<number>\\d)' }],
      filters: [{ name: 'two', where: [{ field: 'message', regex: 'two' }] }],
    },
  });
  await deliver();
  const entry = await until('the repeat', async () => {
    const now = (await entryOf('log')).entry;
    return now.repeated.items === 2 && now.queued.frames === 0 ? now : null;
  });
  expect(entry).toMatchObject({ out: { frames: 1, items: 2 }, dropped: {} });
  expect(imbalance(entry)).toEqual({ frames: 0, items: 0 });
  expect(await search()).toEqual(before);
});

test('the live tail shows lines as they are behind the pipeline', async () => {
  core = await (await TestCore.make()).start({
    indexer: {
      services: [{ service: 'shop', parse: 'logfmt' }],
      filters: [{ name: 'quiet', where: [{ field: 'quiet', exists: true }] }],
    },
  });
  const tail = new EventStream(core.url('/api/v1/logs/tail', { field: 'user=anna' }));
  try {
    await until('the tail', () => tail.status === 200);
    const logs = ['msg=hidden user=anna quiet', 'msg=other user=bo', 'level=warn msg="hello there" user=anna'];
    await sendJson(core, { host: 'web-1', logs: logs.map((message) => ({ service: 'shop', message })) });
    await until('a line', () => tail.messages().length > 0);
    expect(tail.messages()).toEqual(['hello there']);
    const { data } = tail.events.find(({ event }) => event === 'message')!;
    expect(JSON.parse(data)).toMatchObject({
      'log.level': 'warning',
      fields: { user: 'anna', 'event.original': logs[2] },
    });
  } finally {
    tail.close();
  }
});

test('the catalogue is looked at while the core runs', async () => {
  core = await TestCore.make();
  const catalogue = join(core.directory, 'services.yaml');
  await writeFile(catalogue, 'services: {shop: {team: first}}\n');
  await core.start({ indexer: { catalogue, reload: '20ms' } });
  await writeFile(catalogue, 'services: {shop: {team: second, tier: 2}}\n');
  // A look in the middle of the writing sees one version more.
  await until('the new version', () =>
    /^heliograph_core_indexer_file_loads_total\{file="catalogue",outcome="taken"\} [2-9]$/m.test(
      core.registry.render(),
    ),
  );
  await sendJson(core, { host: 'web-1', logs: [{ service: 'shop', message: 'm' }] });
  expect((await found(1))[0]!.fields).toEqual({ 'service.team': 'second', 'service.tier': '2' });
});

test('a core whose catalogue cannot be read does not start', async () => {
  core = await TestCore.make();
  const catalogue = join(core.directory, 'none.yaml');
  await expect(core.start({ indexer: { catalogue } })).rejects.toThrow(`${catalogue}: there is no such file`);
});
