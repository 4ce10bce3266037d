import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LogPage } from '../../../core/ports/log-store.ts';
import type { ApiError, Matrix, PrometheusAnswer, Vector } from '../../support/core/answers.ts';
import { TestCore } from '../../support/core/core.ts';
import { TestHost } from '../../support/core/host.ts';
import { until } from '../../support/until.ts';

/** Ten instants, one second apart, of two series on two hosts; and five lines. All through the whole core. */
let core: TestCore;
const end = Math.floor(Date.now() / 1000) * 1000;
const start = end - 9000;
const instants = Array.from({ length: 10 }, (_, i) => start + i * 1000);
const NAN_BITS = '7ff8dead00000001';

beforeAll(async () => {
  core = await (await TestCore.make()).start();
  const relay = await (await core.relay()).hello('north');
  for (const [name, factor] of [
    ['web-1', 1],
    ['web-2', 10],
  ] as const) {
    const host = new TestHost(name);
    const page = host.page([
      { name: 'requests_total', labels: { job: 'node', path: '/a b' } },
      { name: 'temperature' },
    ]);
    relay.define(name, page);
    const rows = instants.map((time, i) => [time, [i * factor, 20 + i / 10]] as const);
    expect((await relay.deliver('metric', [host.metrics(page, rows)])).kind).toBe('acknowledged');
    await relay.deliver('log', [
      host.lines('log', [
        { time: start, level: 'info', service: 'shop', message: `Order 17 paid on ${name}`, fields: { order: '17' } },
        { time: start + 1, level: 'warning', service: 'shop', message: 'Card declined twice' },
      ]),
    ]);
    await relay.deliver('error', [
      host.lines('error', [
        { time: start + 2, level: 'error', service: 'db', message: 'connection refused: 10.0.0.7' },
      ]),
    ]);
  }
  const host = new TestHost('web-3');
  await relay.deliver('alert', [
    host.events([{ time: start + 3, type: 'host_down', host: 'web-3', facts: { reason: 'keep-alive', waited: 15 } }]),
  ]);
  await until('all lines are searchable', async () => (await search({})).lines.length === 7);
});
afterAll(() => core.remove());

function search(parameters: Record<string, string | string[]>): Promise<LogPage> {
  return core.get<LogPage>('/api/v1/logs', { start: String(start / 1000), end: String(end / 1000), ...parameters });
}

function query(parameters: Record<string, string>): Promise<PrometheusAnswer<Vector>> {
  return core.get('/api/v1/query', parameters);
}

describe('PromQL in Prometheus’ own form', () => {
  test('an instant query', async () => {
    const answer = await query({ query: 'requests_total{instance="web-2"}', time: String(end / 1000) });
    expect(answer).toEqual({
      status: 'success',
      data: {
        resultType: 'vector',
        result: [
          {
            metric: { __name__: 'requests_total', instance: 'web-2', job: 'node', path: '/a b', site: 'north' },
            value: [end / 1000, '90'],
          },
        ],
      },
    });
  });

  test('times as RFC 3339, queries as a form, and limits with a warning', async () => {
    const time = new Date(start + 4000).toISOString();
    const answer = await fetch(core.url('/api/v1/query'), {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ query: 'sum(requests_total)', time }),
    });
    expect(((await answer.json()) as PrometheusAnswer<Vector>).data.result).toEqual([
      { metric: {}, value: [start / 1000 + 4, '44'] },
    ]);
    const limited = await query({ query: 'requests_total', limit: '1' });
    expect(limited.data.result).toHaveLength(1);
    expect(limited.warnings).toEqual(['results truncated due to limit']);
  });

  test('what there is to say about a query stands beside its answer', async () => {
    const answer = await query({
      query: 'rate(temperature[5s]) or quantile(2, temperature)',
      time: String(end / 1000),
    });
    expect(answer.warnings).toEqual(['PromQL warning: quantile value should be between 0 and 1, got 2 (1:35)']);
    expect(answer.infos).toEqual([
      'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "temperature" (1:6)',
    ]);
  });

  test('an error is worded and placed as Prometheus does', async () => {
    const refused = async (text: string) => {
      const answer = await fetch(core.url('/api/v1/query', { query: text }));
      return [answer.status, ((await answer.json()) as ApiError).error];
    };
    expect(await refused('sum(')).toEqual([
      400,
      expect.stringMatching(/^invalid parameter "query": 1:5: parse error: unexpected end of input/),
    ]);
    expect(await refused('rate(up)')).toEqual([
      400,
      'invalid parameter "query": 1:6: parse error: expected type range vector in call to function "rate", got instant vector',
    ]);
    expect(await refused('up{job=~"("}')).toEqual([
      400,
      expect.stringMatching(/^invalid parameter "query": 1:4: parse error: error parsing regexp: missing closing \)/),
    ]);
    expect(await refused('temperature + on () temperature')).toEqual([
      422,
      expect.stringMatching(
        /^found duplicate series for the match group \{\} on the right hand-side of the operation: \[\{__name__="temperature"/,
      ),
    ]);
  });

  test('a range query, with the edge of 11,000 points', async () => {
    const range = {
      query: 'rate(requests_total{instance="web-1"}[5s])',
      start: String(start / 1000),
      end: String(end / 1000),
    };
    const answer = await core.get<PrometheusAnswer<Matrix>>('/api/v1/query_range', { ...range, step: '3s' });
    expect(answer.data.result[0]!.values.slice(-2)).toEqual([
      [start / 1000 + 6, '1'],
      [start / 1000 + 9, '1'],
    ]);
    const points = (count: number) =>
      fetch(core.url('/api/v1/query_range', { query: '1', start: '0', end: String(count), step: '1' }));
    expect((await points(11_000)).status).toBe(200);
    const refused = await points(11_001);
    expect(refused.status).toBe(400);
    expect(((await refused.json()) as ApiError).error).toContain('exceeded maximum resolution of 11,000 points');
  });

  test('series, labels and their values', async () => {
    expect((await core.get<PrometheusAnswer<object[]>>('/api/v1/series', { 'match[]': 'temperature' })).data).toEqual([
      { __name__: 'temperature', instance: 'web-1', site: 'north' },
      { __name__: 'temperature', instance: 'web-2', site: 'north' },
    ]);
    const labels = ['__name__', 'instance', 'job', 'path', 'site'];
    expect((await core.get<PrometheusAnswer<string[]>>('/api/v1/labels')).data).toEqual(labels);
    expect((await core.get<PrometheusAnswer<string[]>>('/api/v1/label/instance/values')).data).toEqual([
      'web-1',
      'web-2',
    ]);
    expect(
      (await core.get<PrometheusAnswer<string[]>>('/api/v1/label/job/values', { 'match[]': 'temperature' })).data,
    ).toEqual([]);
  });

  test.each([
    ['/api/v1/query', {}, 400, 'bad_data', 'no expression found in input'],
    ['/api/v1/query', { query: 'sum(' }, 400, 'bad_data', 'parse error'],
    [
      '/api/v1/query',
      { query: 'up', time: 'yesterday' },
      400,
      'bad_data',
      'cannot parse "yesterday" to a valid timestamp',
    ],
    ['/api/v1/query', { query: 'requests_total * on () temperature' }, 422, 'execution', ''],
    [
      '/api/v1/query_range',
      { query: 'up', start: '2', end: '1', step: '1' },
      400,
      'bad_data',
      'must not be before start',
    ],
    ['/api/v1/query_range', { query: 'up', start: '1', end: '2', step: '0' }, 400, 'bad_data', 'zero or negative'],
    ['/api/v1/query_range', { query: 'up', start: '1', end: '2', step: 'x' }, 400, 'bad_data', 'valid duration'],
    ['/api/v1/series', {}, 400, 'bad_data', 'no match[] parameter provided'],
    ['/api/v1/export', { 'match[]': 'rate(up[1m])' }, 400, 'bad_data', 'selector'],
    ['/api/v1/logs', { limit: '0' }, 400, 'bad_data', 'limit'],
    ['/api/v1/logs', { order: 'up' }, 400, 'bad_data', 'newest, oldest'],
    ['/api/v1/nothing', {}, 404, 'not_found', 'there is no GET /api/v1/nothing'],
  ])('%s with %o is %i %s', async (path, parameters, status, errorType, text) => {
    const answer = await fetch(core.url(path, parameters as Record<string, string>));
    expect(answer.status).toBe(status);
    const body = (await answer.json()) as ApiError;
    expect(body).toMatchObject({ status: 'error', errorType });
    expect(body.error).toContain(text);
  });
});

describe('the raw export', () => {
  test('has every sample bit by bit', async () => {
    const relay = await (await core.relay('relay-2')).hello();
    const host = new TestHost('odd');
    const page = host.page([{ name: 'odd_values' }]);
    const odd = new DataView(new ArrayBuffer(8));
    odd.setBigUint64(0, BigInt(`0x${NAN_BITS}`));
    relay.define('odd', page);
    const values = [-0, 5e-324, Number.POSITIVE_INFINITY, odd.getFloat64(0), Math.PI];
    const rows = values.map((value, i) => [start + i, [value]] as const);
    expect((await relay.deliver('metric', [host.metrics(page, rows)])).kind).toBe('acknowledged');
    const text = await (await fetch(core.url('/api/v1/export', { 'match[]': 'odd_values' }))).text();
    const line = JSON.parse(text) as { metric: object; timestamps: number[]; values: string[] };
    expect(line.metric).toEqual({ __name__: 'odd_values', instance: 'odd', site: 'north' });
    const stored = new Map(line.timestamps.map((time, i) => [time - start, line.values[i]]));
    expect(stored.get(0)).toBe('8000000000000000');
    expect(stored.get(1)).toBe('0000000000000001');
    expect(stored.get(2)).toBe('7ff0000000000000');
    expect(stored.get(4)).toBe('400921fb54442d18');
  });

  test('of lines has each once', async () => {
    const text = await (
      await fetch(core.url('/api/v1/logs/export', { start: String(start / 1000), end: String(end / 1000) }))
    ).text();
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; message: string });
    expect(lines).toHaveLength(7);
    expect(new Set(lines.map((line) => line.id)).size).toBe(7);
  });
});

describe('search', () => {
  test.each([
    [{ q: 'declined' }, ['Card declined twice', 'Card declined twice']],
    [{ q: '"connection refused"' }, ['connection refused: 10.0.0.7', 'connection refused: 10.0.0.7']],
    [{ q: '"refused connection"' }, []],
    [{ q: 'paid', host: 'web-2' }, ['Order 17 paid on web-2']],
    [
      { level: ['warning', 'error'], host: 'web-1', order: 'oldest' },
      ['Card declined twice', 'connection refused: 10.0.0.7'],
    ],
    [{ service: 'db', limit: '1' }, ['connection refused: 10.0.0.7']],
  ])('%o', async (parameters, messages) => {
    const { lines } = await search(parameters as Record<string, string | string[]>);
    expect(lines.map((line) => line.message)).toEqual(messages);
  });

  test('events are found as lines of the service heliograph', async () => {
    const { lines } = await search({ service: 'heliograph', q: 'host_down' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      message: 'host_down web-3 reason=keep-alive waited=15',
      'log.level': 'warning',
      'host.name': 'web-3',
      fields: { 'event.action': 'host_down', reason: 'keep-alive' },
    });
  });

  test('a cursor goes through all lines, each once', async () => {
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: LogPage = await search({ limit: '2', ...(cursor === '' ? {} : { cursor }) });
      seen.push(...page.lines.map((line) => line.id));
      cursor = page.next;
    }
    expect(seen).toHaveLength(7);
    expect(new Set(seen).size).toBe(7);
  });

  test('a cursor that no search gave out is refused as a bad request', async () => {
    const { next } = await search({ limit: '2' });
    for (const cursor of ['x', '1h', `${next}x`, next!.slice(1), '\u0000', '-1', 'a'.repeat(5_000)]) {
      const answer = await fetch(core.url('/api/v1/logs', { cursor }));
      expect([answer.status, ((await answer.json()) as { code: string }).code], cursor.slice(0, 20)).toEqual([
        400,
        'HG_LOG_QUERY',
      ]);
    }
  });
});

test('freshness is counted for live frames', async () => {
  const view = await core.get<Record<string, { count: number; p99: number; max: number }>>('/api/v1/freshness');
  expect(view.sentToQueryable!.count).toBeGreaterThanOrEqual(2);
  expect(view.sentToSearchable!.count).toBe(5);
  expect(view.sentToQueryable!.max).toBeLessThan(5);
  expect(core.registry.render()).toContain('heliograph_core_sent_to_searchable_seconds_bucket{le="1"}');
});
