import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LogPage } from '../../../core/ports/log-store.ts';
import type { Ledger } from '../../../lib/ledger.ts';
import type { Matrix, PrometheusAnswer, Vector } from '../../support/core/answers.ts';
import { TestCore } from '../../support/core/core.ts';
import { send, sendJson } from '../../support/core/send.ts';
import { until } from '../../support/until.ts';

let core: TestCore;
beforeAll(async () => {
  core = await (await TestCore.make()).start();
});
afterAll(() => core.remove());

const now = Date.now();

async function vector(query: string): Promise<Vector['result']> {
  return (await core.get<PrometheusAnswer<Vector>>('/api/v1/query', { query })).data.result;
}

async function samples(query: string): Promise<Matrix['result']> {
  return (await core.get<PrometheusAnswer<Matrix>>('/api/v1/query', { query })).data.result;
}

async function lines(text: string): Promise<LogPage['lines']> {
  return (await core.get<LogPage>('/api/v1/logs', { q: text })).lines;
}

describe('what is good', () => {
  test('metrics and lines with host and environment', async () => {
    const { status, text } = await sendJson(core, {
      host: 'web-1',
      environment: 'production',
      labels: { team: 'shop' },
      metrics: [
        { name: 'orders_total', labels: { country: 'de' }, value: 12 },
        {
          name: 'queue',
          samples: [
            [now - 2000, 1],
            [now - 1000, 2],
            [new Date(now).toISOString(), 'NaN'],
          ],
        },
      ],
      logs: [{ level: 'ERROR', service: 'shop', message: 'cannot reach the bank', fields: { order: 'a17' } }],
    });
    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({ accepted: { samples: 4, lines: 1 }, rejected: [] });
    expect((await vector('orders_total'))[0]!.metric).toEqual({
      __name__: 'orders_total',
      country: 'de',
      environment: 'production',
      instance: 'web-1',
      team: 'shop',
    });
    expect((await samples('queue[1m]'))[0]!.values).toEqual([
      [(now - 2000) / 1000, '1'],
      [(now - 1000) / 1000, '2'],
      [now / 1000, 'NaN'],
    ]);
    await until('the line is searchable', async () => (await lines('cannot reach the bank')).length === 1);
    expect((await lines('cannot reach the bank'))[0]).toMatchObject({
      'log.level': 'error',
      'service.name': 'shop',
      'host.name': 'web-1',
      fields: { order: 'a17', 'service.environment': 'production' },
    });
  });

  test('secrets are covered in messages, fields and labels', async () => {
    const card = '4111111111111111';
    await sendJson(core, {
      metrics: [{ name: 'masked', labels: { card }, value: 1 }],
      logs: [{ message: `masked card ${card}`, fields: { card } }],
    });
    expect((await vector('masked'))[0]!.metric.card).toBe('****************');
    const found = await until('the line is there', async () => (await lines('masked'))[0]);
    expect(found.message).toBe('masked card ****************');
    expect(found.fields.card).toBe('****************');
  });

  test('level and time out of the line itself where the client says neither', async () => {
    const time = new Date(now - 60_000).toISOString();
    await sendJson(core, { logs: [{ message: `${time} WARN own level of this line` }] });
    const found = await until('the line is there', async () => (await lines('own level of this line'))[0]);
    expect(found['log.level']).toBe('warning');
    expect(found['@timestamp']).toBe(time);
  });
});

describe('items that are not good are told one by one', () => {
  test('and the others are taken', async () => {
    const { status, text } = await sendJson(core, {
      metrics: [
        { name: 'kept', value: 1 },
        { name: '', value: 1 },
        { name: 'far_future', value: 1, time: now + 7_200_000 },
        { name: 'far_past', value: 1, time: 1000 },
        { name: 'no_value', value: 'seven' },
        { name: 'no_time', value: 7, time: 'yesterday' },
        {
          name: 'twice',
          samples: [
            [now, 1],
            [now, 2],
          ],
        },
        {
          name: 'many',
          labels: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`l${i}`, 'x'])),
          value: 1,
        },
        { name: 'long', labels: { l: 'x'.repeat(5000) }, value: 1 },
        17,
        { name: 'labels', labels: { a: { b: 'c' } }, value: 1 },
      ],
      logs: [
        { message: 'kept beside the refused' },
        { message: 17 },
        { message: 'future', time: now + 7_200_000 },
        { message: 'x'.repeat(600_000) },
        { message: 'fields', fields: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`f${i}`, 'x'])) },
      ],
    });
    expect(status).toBe(200);
    const answer = JSON.parse(text) as {
      accepted: object;
      rejected: { kind: string; index: number; code: string; items: number }[];
    };
    expect(answer.accepted).toEqual({ samples: 2, lines: 1 });
    const told = answer.rejected.map(({ kind, index, code }) => `${kind} ${index} ${code}`).sort();
    expect(told).toEqual(
      [
        'metric 1 HG_ITEM_NAME',
        'metric 2 HG_ITEM_TIME',
        'metric 3 HG_ITEM_TIME',
        'metric 4 HG_ITEM_VALUE',
        'metric 5 HG_ITEM_TIME',
        'metric 6 HG_ITEM_DUPLICATE',
        'metric 7 HG_ITEM_LABELS',
        'metric 8 HG_ITEM_LABELS',
        'metric 9 HG_ITEM_NAME',
        'metric 10 HG_ITEM_LABELS',
        'log 1 HG_ITEM_LINE',
        'log 2 HG_ITEM_TIME',
        'log 3 HG_ITEM_LINE',
        'log 4 HG_ITEM_LINE',
      ].sort(),
    );
    expect((await vector('twice'))[0]!.value[1]).toBe('1');
    await until('the line is there', async () => (await lines('kept beside the refused')).length === 1);
  });

  test('a time without a zone is refused, as nobody knows whose it is', async () => {
    const [zoned, bare] = [new Date(now).toISOString(), new Date(now).toISOString().replace('Z', '')];
    const { text } = await sendJson(core, {
      metrics: [
        { name: 'zone', value: 1, time: bare },
        { name: 'zone', value: 2, time: zoned.replace('Z', '+00:00') },
      ],
    });
    const { accepted, rejected } = JSON.parse(text);
    expect([accepted.samples, rejected[0].code]).toEqual([1, 'HG_ITEM_TIME']);
  });

  test('a field may have any name', async () => {
    await send(core, '/v1/ingest', '{"logs":[{"message":"odd fields","fields":{"__proto__":"a","constructor":"b"}}]}');
    await until('the line is searchable', async () => (await lines('odd fields')).length === 1);
    expect(Object.entries((await lines('odd fields'))[0]!.fields as object)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
  });

  test('series whose labels only look alike stay two', async () => {
    await sendJson(core, {
      metrics: [
        { name: 'alike', labels: { a: 'b\u0000c\u0001d' }, value: 1 },
        { name: 'alike', labels: { a: 'b', c: 'd' }, value: 2 },
      ],
    });
    expect((await vector('alike')).map(({ value }) => value[1]).sort()).toEqual(['1', '2']);
  });

  test('OTLP: a body of many bytes', async () => {
    const body = { bytesValue: Buffer.alloc(150_000, 'a').toString('base64') };
    const attributes = [{ key: 'big', value: { stringValue: 'yes' } }];
    const record = { body, attributes };
    const answer = await send(
      core,
      '/v1/logs',
      JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] }),
    );
    expect([answer.status, answer.text]).toEqual([200, '{}']);
  });

  test('samples out of order land where they belong', async () => {
    for (const ago of [1000, 3000, 2000]) {
      await sendJson(core, { metrics: [{ name: 'late', value: ago, time: now - ago }] });
    }
    expect((await samples('late[1m]'))[0]!.values.map(([, value]) => value)).toEqual(['3000', '2000', '1000']);
  });
});

describe('once only', () => {
  test('with a key, over a restart of the core; and the ledger balances', async () => {
    const body = {
      metrics: [{ name: 'once', value: 5, time: now }],
      logs: [{ message: 'once upon a time', time: now }],
    };
    const headers = { 'idempotency-key': '0b1f7f0e-once' };
    const first = await sendJson(core, body, headers);
    expect(JSON.parse(first.text)).toEqual({ accepted: { samples: 1, lines: 1 }, rejected: [] });
    await until('the line is there', async () => (await lines('once upon a time')).length === 1);
    const again = await sendJson(core, body, headers);
    expect(JSON.parse(again.text)).toMatchObject({ repeated: { samples: 1 } });
    await core.stop();
    await core.start();
    const third = await sendJson(core, body, headers);
    expect(JSON.parse(third.text)).toMatchObject({ repeated: { samples: 1 } });
    const other = await sendJson(core, body, { 'idempotency-key': 'another' });
    expect(JSON.parse(other.text)).toEqual({ accepted: { samples: 1, lines: 1 }, rejected: [] });
    await until('the second line is there', async () => (await lines('once upon a time')).length === 2);
    const view = await until('nothing is queued', async () => {
      const seen = await core.get<{ tiers: Ledger[]; hops: { state: string }[]; balanced: boolean }>('/api/v1/ledger');
      return seen.tiers.at(-1)!.entries.every((entry) => entry.queued.frames === 0) ? seen : null;
    });
    expect(view.balanced).toBe(true);
    expect(view.hops.map(({ state }) => state)).toEqual(view.hops.map(() => 'equal'));
    expect(view.hops.length).toBeGreaterThan(1);
  });

  test('a request that was refused whole used no key', async () => {
    const key = { 'idempotency-key': 'mended' };
    expect((await send(core, '/v1/ingest', '{"metrics":[{"name":"mended"', key)).status).toBe(400);
    expect((await send(core, '/v1/ingest', '{"metrics":[{"name":"mended","value":1}]}', key)).status).toBe(200);
    expect(await vector('mended')).toHaveLength(1);
    expect((await send(core, '/v1/ingest', '{"metrics":[{"name":"mended"', key)).text).toContain('HG_DOOR_KEY');
    expect((await send(core, '/v1/ingest', '{"metrics":[{"name":"mended","value":2}]}', key)).status).toBe(400);
  });

  test('other content under a key that was used is refused, not lost as a repeat', async () => {
    const headers = { 'idempotency-key': 'used' };
    expect((await sendJson(core, { logs: [{ message: 'first content' }] }, headers)).status).toBe(200);
    const { status, text } = await sendJson(core, { logs: [{ message: 'second content' }] }, headers);
    expect(status).toBe(400);
    expect(text).toContain('HG_DOOR_KEY');
  });

  test.each(['', 'with space', 'é', 'x'.repeat(256)])('the key %j cannot be one', async (key) => {
    const { status, text } = await sendJson(core, {}, { 'idempotency-key': encodeHeader(key) });
    expect(status).toBe(400);
    expect(text).toContain('HG_DOOR_KEY');
  });
});

/** Header values are latin1; an é is one byte there. */
function encodeHeader(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

test('GET and unknown paths are not doors', async () => {
  expect((await fetch(core.url('/v1/ingest'))).status).toBe(404);
  expect((await send(core, '/v1/traces', '{}')).status).toBe(404);
});
