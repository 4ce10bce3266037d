import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@opensearch-project/opensearch';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Health } from '../../core/api/health.ts';
import { openSearchConfig } from '../../core/engines/opensearch/config.ts';
import { openOpenSearchLogStore } from '../../core/engines/opensearch/open.ts';
import type { OpenSearchLogStore } from '../../core/engines/opensearch/store.ts';
import type { LogHistogram, LogPage, RefusedLine } from '../../core/ports/log-store.ts';
import { imbalance, type Ledger } from '../../lib/ledger.ts';
import { silentLog } from '../../lib/log.ts';
import { Registry } from '../../lib/metrics.ts';
import { exportLines, logFrame, logLine, logQuery } from '../contracts/log-frames.ts';
import { logStoreContract } from '../contracts/log-store.ts';
import { TestCore } from '../support/core/core.ts';
import { TestHost } from '../support/core/host.ts';
import { Engine } from '../support/engine.ts';
import { until } from '../support/until.ts';

const NOW = Date.parse('2026-03-01T12:34:00Z');
let engine: Engine;
let client: Client;
let made = 0;
const folders: string[] = [];
const stores: OpenSearchLogStore[] = [];

beforeAll(async () => {
  engine = await Engine.start('opensearch');
  client = new Client({ node: engine.values.OPENSEARCH_URL! });
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});
afterAll(async () => {
  await client.close();
  await engine.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A store over indices of its own, and what it said of itself. */
async function open(
  more: { index?: string; directory?: string; address?: string; routes?: { name: string; retention: string }[] } = {},
) {
  const index = more.index ?? `logs${++made}`;
  const directory = more.directory ?? mkdtempSync(join(tmpdir(), 'heliograph-opensearch-store-'));
  folders.push(directory);
  const health = new Health(() => NOW);
  const refused: RefusedLine[] = [];
  const store = await openOpenSearchLogStore({
    config: openSearchConfig.parse({
      addresses: [more.address ?? engine.values.OPENSEARCH_URL],
      index,
      refresh: '100ms',
      routes: more.routes,
    }),
    directory,
    retentionMs: 15 * 86_400_000,
    clock: { now: () => NOW, mono: () => performance.now() },
    log: silentLog,
    registry: new Registry(),
    health,
    random: () => 0.5,
    onRefused: async (lines) => {
      refused.push(...lines);
    },
  });
  stores.push(store);
  const visible = async () => {
    await client.indices.refresh({ index: `${index}-*`, allow_no_indices: true });
  };
  return { store, index, directory, health, refused, visible };
}

logStoreContract('OpenSearch', async () => {
  const { store, index, directory, visible } = await open();
  return {
    store,
    now: NOW,
    keepsAnyTime: true,
    visible,
    reopen: async () => {
      await store.close();
      stores.splice(stores.indexOf(store), 1);
      return (await open({ index, directory })).store;
    },
  };
});

const at = (next: string) => ({ topic: 'logs.log', next });

test('lines of a route with a retention of its own have indices of their own, and outlive the others', async () => {
  const { store, index, visible } = await open({ routes: [{ name: 'audit', retention: '90d' }] });
  const routed = (message: string, route: string) => ({
    ...logLine(NOW, message),
    fields: { 'heliograph.route': route },
  });
  const frames = [logFrame('h1', 1, [logLine(NOW, 'plain'), routed('signed in', 'audit'), routed('other', 'unknown')])];
  await store.append(frames, at('1'));
  expect(await store.append(frames, at('1'))).toEqual([{ written: 0, repeated: 3, dropped: {} }]);
  await visible();
  const { body } = await client.indices.get({ index: `${index}-*` });
  expect(Object.keys(body).sort()).toEqual([`${index}-2026.03.01`, `${index}-audit-2026.03.01`]);
  expect((await exportLines(store)).map((line) => line.message)).toEqual(['plain', 'signed in', 'other']);
  await store.retain(NOW + 20 * 86_400_000);
  await visible();
  expect((await exportLines(store)).map((line) => line.message)).toEqual(['signed in']);
  await store.retain(NOW + 95 * 86_400_000);
  await visible();
  expect(await exportLines(store)).toEqual([]);
});

test('one bad line in ten thousand costs one line', async () => {
  const { store, refused, visible } = await open();
  // The engine refuses a time of more digits than it holds only if we let it through: a day that no calendar has does it.
  const lines = Array.from({ length: 10_000 }, (_, i) => logLine(NOW - i, `line ${i}`));
  const bad = { ...lines[5_000]!, level: undefined as unknown as string, message: 'poison' };
  lines[5_000] = bad;
  const [outcome] = await store.append([logFrame('h1', 1, lines)], at('1'));
  await visible();
  expect(refused.map(({ at, frame }) => [frame.id.sequence, at])).toEqual([[1, 5_000]]);
  expect(outcome).toEqual({ written: 9_999, repeated: 0, dropped: { refused_by_store: 1 } });
  expect(await exportLines(store)).toHaveLength(9_999);
});

test('a frame of 2099 or of a year ago makes no index, and its lines are found', async () => {
  const { store, index, visible } = await open();
  const odd = [Date.UTC(2099, 0, 1), Date.UTC(1970, 0, 2), NOW + 2 * 86_400_000].map((time, i) =>
    logFrame('h1', i + 1, [logLine(time, `odd ${i}`)], { created: time, received: NOW }),
  );
  await store.append(
    [...odd, logFrame('h1', 9, [logLine(Date.UTC(2099, 0, 1) + 1, 'line ahead')], { created: NOW, received: NOW })],
    at('1'),
  );
  await visible();
  const { body } = await client.indices.get({ index: `${index}-*` });
  expect(Object.keys(body).sort()).toEqual([`${index}-2026.03.01`, `${index}-undated`]);
  expect((await exportLines(store)).map((line) => line.message)).toEqual(['odd 1', 'odd 2', 'odd 0', 'line ahead']);
  // The retention drops the day, whole, and of the undated what came before it.
  await store.retain(NOW + 20 * 86_400_000);
  await until('nothing is left', async () => {
    await visible();
    return (await exportLines(store)).length === 0;
  });
});

test('hostile lines are kept: 10 kB of service, 5,000 field names, long and odd values, lone surrogates', async () => {
  const { store, refused, index, visible } = await open();
  const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`field.${i}.x`, `v${i}`]));
  const lines = [
    logLine(NOW, 'a', { service: 's'.repeat(10_240) }),
    logLine(NOW, 'b', { fields: many }),
    logLine(NOW, 'c', {
      fields: { long: 'v'.repeat(100_000), __proto__x: '1', '.dots..': 'x', '': 'empty', 'a.b': '1', a: '2' },
    }),
    logLine(NOW, 'd \ud800 e', { fields: { 'nul\0': '\0' } }),
    logLine(NOW, 'w'.repeat(1_000_000)),
  ];
  const outcomes = await store.append([logFrame('h1', 1, lines)], at('1'));
  await visible();
  expect(refused.map((one) => one.reason)).toEqual([]);
  expect(outcomes).toEqual([{ written: 5, repeated: 0, dropped: {} }]);
  const found = await exportLines(store);
  expect(found.map((line) => line.message.slice(0, 1))).toEqual(['a', 'b', 'c', 'd', 'w']);
  expect(found[1]!.fields).toEqual(many);
  expect(found[2]!.fields).toEqual(lines[2]!.fields);
  const { body } = await client.indices.getMapping({ index: `${index}-*` });
  expect(Object.keys(Object.values(body)[0]!.mappings!.properties!)).toHaveLength(10);
});

test('a read-only index makes lines wait; when it can be written again they are there once', async () => {
  const { store, index, health, visible } = await open();
  await store.append([logFrame('h1', 1, [logLine(NOW, 'before')])], at('1'));
  const readOnly = (on: boolean | null) =>
    client.indices.putSettings({ index: `${index}-*`, body: { 'index.blocks.read_only_allow_delete': on } as never });
  await readOnly(true);
  const frame = logFrame('h1', 2, [logLine(NOW, 'meanwhile')]);
  const waiting = store.append([frame], at('2'));
  const failed = waiting.then(
    () => null,
    (error: unknown) => error,
  );
  await new Promise((resolve) => setTimeout(resolve, 500));
  await readOnly(null);
  const error = await failed;
  if (error) {
    expect(error).toMatchObject({ code: 'HG_ENGINE_DOWN' });
    await until('the engine is well', () => health.view().well);
    await store.append([frame], at('2'));
  }
  await visible();
  expect((await exportLines(store)).map((line) => line.message).sort()).toEqual(['before', 'meanwhile']);
});

test('what is plainly wrong is refused at start: another server, a template that somebody changed', async () => {
  const { createServer } = await import('node:http');
  const other = createServer((_, answer) => answer.end('hello'));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  await expect(open({ address: `http://127.0.0.1:${port}` })).rejects.toMatchObject({ code: 'HG_ENGINE_ADDRESS' });
  other.close();
  const { index, store } = await open();
  await store.close();
  stores.pop();
  const { body } = await client.indices.getIndexTemplate({ name: index });
  const template = body.index_templates[0]!.index_template as unknown as {
    template: { mappings: { properties: Record<string, unknown> } };
  };
  template.template.mappings.properties.message = { type: 'keyword' };
  await client.indices.putIndexTemplate({ name: index, body: template as never });
  await expect(open({ index })).rejects.toMatchObject({ code: 'HG_ENGINE_SETTING' });
});

test('a core on it: lines from a relay are searchable, by the same API, and the account balances', async () => {
  const core = await TestCore.make();
  try {
    const opensearch = { addresses: [engine.values.OPENSEARCH_URL], index: `logs${++made}`, refresh: '100ms' };
    await core.start({ logs: 'opensearch', opensearch });
    const relay = await (await core.relay()).hello('north');
    const host = new TestHost('web-1');
    const frame = host.lines('log', [{ message: 'paid order 17' }, { message: 'paid order 18' }]);
    expect(await relay.deliver('log', [frame, frame])).toEqual({ kind: 'acknowledged' });
    const found = await until('two lines', async () => {
      const { lines } = await core.get<LogPage>('/api/v1/logs', { q: 'paid' });
      return lines.length === 2 ? lines : null;
    });
    expect(new Set(found.map((line) => line['host.name']))).toEqual(new Set(['web-1']));
    const counted = await core.get<LogHistogram>('/api/v1/logs/histogram', { q: '"order 1"' });
    expect(counted.total).toBe(2);
    const { tiers } = await core.get<{ tiers: Ledger[] }>('/api/v1/ledger');
    const entry = tiers.at(-1)!.entries.find((one) => one.class === 'log')!;
    expect(imbalance(entry)).toEqual({ frames: 0, items: 0 });
    expect(entry).toMatchObject({ out: { frames: 1, items: 2 }, repeated: { frames: 1, items: 2 } });
  } finally {
    await core.remove();
  }
});

test('killed with -9 and started again: what was acknowledged is there, what was not comes again once', async () => {
  const { store, health, visible } = await open();
  await store.append([logFrame('h1', 1, [logLine(NOW, 'acknowledged')])], at('1'));
  await engine.kill();
  const frame = logFrame('h1', 2, [logLine(NOW + 1, 'later')]);
  await expect(store.append([frame], at('2'))).rejects.toMatchObject({ code: 'HG_ENGINE_DOWN' });
  expect(health.view().parts).toMatchObject([{ part: 'log store', well: false }]);
  expect(await store.positions()).toEqual({ 'logs.log': '1' });
  await engine.restart();
  await until('the engine is well', () => health.view().well);
  await store.append([frame], at('2'));
  await visible();
  expect((await store.search(logQuery({ order: 'oldest' }))).lines.map((line) => line.message)).toEqual([
    'acknowledged',
    'later',
  ]);
});
