import { Client } from '@opensearch-project/opensearch';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { imbalance, type Ledger } from '../../lib/ledger.ts';
import { TestCore } from '../support/core/core.ts';
import { TestHost } from '../support/core/host.ts';
import { Engine } from '../support/engine.ts';
import { until } from '../support/until.ts';

/** A core whose log store is a real OpenSearch, which refuses one line until somebody mends it. */
let engine: Engine;
let client: Client;
let core: TestCore;
const INDEX = 'letters';

const config = () => ({
  logs: 'opensearch',
  opensearch: { addresses: [engine.values.OPENSEARCH_URL], index: INDEX, refresh: '100ms' },
});
const letters = async () =>
  (await core.get<{ letters: { id: string; message: string; tries: number }[] }>('/api/v1/deadletters')).letters;
const found = async () =>
  (await core.get<{ lines: { message: string }[] }>('/api/v1/logs')).lines.map((line) => line.message).sort();
const entry = async () => {
  const { tiers } = await core.get<{ tiers: Ledger[] }>('/api/v1/ledger');
  return tiers.at(-1)!.entries.find((one) => one.class === 'log')!;
};
const replay = async () => {
  const answer = await fetch(core.url('/api/v1/deadletters/replay'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"filter":{"all":true}}',
  });
  return (await answer.json()) as Record<string, unknown>;
};

beforeAll(async () => {
  engine = await Engine.start('opensearch');
  client = new Client({ node: engine.values.OPENSEARCH_URL! });
  core = await (await TestCore.make()).start(config());
});
afterAll(async () => {
  await core?.remove();
  await client?.close();
  await engine?.stop();
});

test('a line that the engine refused is given to it again under its own id: found once, and no longer dropped', async () => {
  const relay = await (await core.relay()).hello('north');
  const host = new TestHost('web-1');
  await relay.deliver('log', [host.lines('log', [{ message: 'first' }])]);
  await until('the first line', async () => (await found()).length === 1);
  await client.ingest.putPipeline({
    id: 'strict',
    // What cannot be converted is a fault of the document, status 400.
    body: { processors: [{ convert: { if: "ctx.message == 'poison'", field: 'message', type: 'integer' } }] },
  } as never);
  await client.indices.putSettings({ index: `${INDEX}-*`, body: { 'index.default_pipeline': 'strict' } as never });
  await relay.deliver('log', [host.lines('log', [{ message: 'before' }, { message: 'poison' }, { message: 'after' }])]);
  await until('a letter', async () => (await letters()).length === 1);
  await until('its neighbours', async () => (await found()).length === 3);
  const refused = await until('the account', async () => {
    const now = await entry();
    return now.dropped.refused_by_store ? now : null;
  });
  expect(refused).toMatchObject({ out: { items: 3 }, dropped: { refused_by_store: { items: 1 } } });
  expect(await replay()).toMatchObject({ replayed: 0, failed: [{ reason: 'refused_by_store' }] });
  expect(await letters()).toMatchObject([{ tries: 1, message: expect.stringContaining('poison') }]);

  await client.indices.putSettings({ index: `${INDEX}-*`, body: { 'index.default_pipeline': '_none' } as never });
  expect(await replay()).toMatchObject({ replayed: 1, failed: [], stopped: null });
  await until('the line', async () => (await found()).length === 4);
  expect(await letters()).toEqual([]);
  const after = await entry();
  expect(after).toMatchObject({ out: { items: 4 }, dropped: {} });
  expect(imbalance(after)).toEqual({ frames: 0, items: 0 });
  expect(await replay()).toMatchObject({ replayed: 0, failed: [] });

  await core.stop();
  await core.start(config());
  expect(await entry()).toMatchObject({ out: { items: 4 }, dropped: {} });
  expect(await found()).toEqual(['after', 'before', 'first', 'poison']);
});
