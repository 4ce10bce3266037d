import { afterEach, expect, test } from 'vitest';
import type { LogPage } from '../../../core/ports/log-store.ts';
import { TwoTiers } from '../../support/two-tiers.ts';
import { until } from '../../support/until.ts';
import { post, type SentSeries, writeRequest } from './prometheus.ts';

let tiers: TwoTiers;
afterEach(() => tiers?.close());

const count = async (name: string): Promise<number> => {
  const page = await tiers.relayPage('/metrics');
  return Number(
    page
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(' ')[1] ?? 0,
  );
};

test('a request that comes again under its key is taken once, and answered as before', async () => {
  tiers = await TwoTiers.open({ core: {}, relay: { doors: { http: { listen: '127.0.0.1:0' } } } });
  const door = tiers.relay.addresses.doors;
  const now = Date.now();
  const record = (stringValue: string) => ({ timeUnixNano: `${now}000000`, body: { stringValue } });
  const lines = { resourceLogs: [{ scopeLogs: [{ logRecords: [record('one'), record('two')] }] }] };
  const send = (key: string | null, body: object = lines) =>
    post(door, '/v1/logs', body, key === null ? {} : { 'idempotency-key': key });
  // At once, as a client does whose time ran out.
  const answers = await Promise.all([send('first'), send('first'), send('first')]);
  for (let i = 0; i < 3; i++) answers.push(await send('first'));
  for (const answer of answers) expect([answer.status, await answer.text()]).toEqual([200, '{}']);
  expect((await send('second')).status).toBe(200);
  const other = await send('first', { resourceLogs: [{ scopeLogs: [{ logRecords: [record('other')] }] }] });
  expect([other.status, await other.text()]).toEqual([400, expect.stringContaining('HG_DOOR_KEY')]);
  const series: SentSeries[] = [
    { labels: { __name__: 'keyed' }, samples: [[now, 1] as const] },
    { labels: { __name__: 'keyed', old: '1' }, samples: [[1000, 1] as const] },
  ];
  const frames = (await tiers.relayLedger('metric')).in.frames;
  for (let i = 0; i < 2; i++) {
    const answer = await post(door, '/api/v1/write', writeRequest(series), { 'idempotency-key': 'samples' });
    expect([answer.status, await answer.text()]).toEqual([
      400,
      expect.stringContaining('1 samples were refused, 1 are stored'),
    ]);
  }
  expect((await tiers.relayLedger('metric')).in.frames).toBe(frames + 1);
  expect(await count('heliograph_relay_door_repeated_total{door="otlp_http_logs",kind="log"}')).toBeGreaterThanOrEqual(
    6,
  );
  expect(await count('heliograph_relay_door_repeated_total{door="remote_write",kind="metric"}')).toBe(1);
  let messages: string[] = [];
  await until('the lines', async () => {
    const page = await tiers.core.get<LogPage>('/api/v1/logs', { host: 'local', limit: '100' });
    messages = page.lines.map(({ message }) => message).sort();
    return messages.length >= 4;
  });
  expect(messages).toEqual(['one', 'one', 'two', 'two']);
});
