import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningCollector, startCollector } from '../../../collector/node/start.ts';
import { protoText } from '../../../lib/doors/proto-text.ts';
import { messageType } from '../../../lib/ingest/protobuf.ts';
import { createStation, quietHost, type Station } from '../../support/collector.ts';

/** A collector without a relay: what it has taken is in its spool. */
let station: Station;
let running: RunningCollector;
let directory: string;
beforeAll(async () => {
  station = await createStation();
  directory = mkdtempSync(join(tmpdir(), 'doors-'));
  const limits = { bodyBytes: '64KiB', unpackedBytes: '128KiB', series: 3 };
  const config = station.config({
    ...{ port: 1, interval: '1h', closeWait: '0s' },
    applications: { otlp: { listen: '127.0.0.1:0', limits }, ingest: { path: join(directory, 'i.sock'), limits } },
  });
  running = await startCollector(config, { host: quietHost(), sources: [] });
});
afterAll(async () => {
  await running.close();
  station.remove();
  rmSync(directory, { recursive: true });
});

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly headers: Record<string, unknown>;
}

function ask(
  at: object,
  path: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
  method = 'POST',
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const all = { 'content-type': 'application/json', ...headers };
    const asked = request({ ...at, path, method, agent: false, headers: all }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () =>
        resolve({
          status: answer.statusCode!,
          text: Buffer.concat(chunks).toString('latin1'),
          headers: answer.headers,
        }),
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

const ingest = (body: unknown, headers = {}) =>
  ask(
    { socketPath: join(directory, 'i.sock') },
    '/v1/ingest',
    typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    headers,
  );
const otlp = (path: string, body: string | Buffer, headers = {}) =>
  ask({ host: '127.0.0.1', port: running.applications.otlpPort }, path, body, headers);
const queued = (name: 'metric' | 'error' | 'log') => running.collector.sender.queued(name).items;

describe('POST /v1/ingest', () => {
  it('is answered when the spool has it, item by item', async () => {
    const before = queued('metric');
    const now = Date.now();
    const metrics = [
      { name: 'a', value: 1, time: now },
      { name: 'a', value: 1, time: now },
      { name: 'a', value: 1, time: now + 3_600_000 },
      {
        name: 'b',
        labels: { x: '1' },
        samples: [
          [now - 1, 1],
          [now, 2],
        ],
      },
      { name: '', value: 1 },
      { name: 'c', value: 1, time: now },
      { name: 'd', value: 1, time: now },
    ];
    const { status, text } = await ingest({
      host: 'elsewhere',
      metrics,
      logs: [{ message: 'ERROR no', service: 's' }, { message: 7 }],
    });
    expect(queued('metric') - before).toBe(4);
    expect(queued('error')).toBe(1);
    const answer = JSON.parse(text);
    expect(status).toBe(200);
    expect(answer.accepted).toEqual({ samples: 4, lines: 1 });
    expect(
      answer.rejected.map(({ kind, index, code, items }: Record<string, unknown>) => [kind, index, code, items]),
    ).toEqual(
      expect.arrayContaining([
        ['metric', 1, 'HG_ITEM_DUPLICATE', 1],
        ['metric', 2, 'HG_ITEM_TIME', 1],
        ['metric', 4, 'HG_ITEM_LABELS', 1],
        ['metric', 6, 'HG_ITEM_SERIES_CAP', 1],
        ['log', 1, 'HG_ITEM_LINE', 1],
      ]),
    );
    expect(running.collector.pushed.jobs.get('ingest')!.taken).toBe(4);
  });

  it('refuses with a code what is not as it should be', async () => {
    const f = async (reply: Promise<Reply>, status: number, code: string) => {
      const { status: got, text } = await reply;
      expect([got, JSON.parse(text).code]).toEqual([status, code]);
    };
    await f(ingest('{'), 400, 'HG_DOOR_SYNTAX');
    await f(ingest('[]'), 400, 'HG_DOOR_SYNTAX');
    await f(ingest('['.repeat(1000)), 400, 'HG_DOOR_DEPTH');
    await f(ingest({}, { 'content-type': 'text/xml' }), 415, 'HG_DOOR_TYPE');
    await f(ingest(brotliCompressSync('{}'), { 'content-encoding': 'br' }), 415, 'HG_DOOR_ENCODING');
    await f(ingest('no gzip', { 'content-encoding': 'gzip' }), 400, 'HG_DOOR_UNPACK');
    await f(ingest(gzipSync(Buffer.alloc(10_000_000)), { 'content-encoding': 'gzip' }), 413, 'HG_DOOR_BODY');
    await f(ingest('x'.repeat(100_000)), 413, 'HG_DOOR_BODY');
    await f(ingest('x'.repeat(100_000), { 'transfer-encoding': 'chunked' }), 413, 'HG_DOOR_BODY');
    await f(ingest({}, { 'idempotency-key': 'with space' }), 400, 'HG_DOOR_KEY');
    expect((await ask({ socketPath: join(directory, 'i.sock') }, '/v1/metrics', '{}')).status).toBe(404);
    expect((await ask({ socketPath: join(directory, 'i.sock') }, '/v1/ingest', '', {}, 'GET')).status).toBe(405);
    // It goes on.
    expect((await ingest({})).status).toBe(200);
  });
});

describe('OTLP over HTTP', () => {
  const type = 'application/x-protobuf';
  const point = (value: number, time: number) => ({
    asDouble: value,
    timeUnixNano: `${time}000000`,
    startTimeUnixNano: `${time - 1000}000000`,
  });

  it('adds up deltas, takes protobuf and gzip, and tells what it did not take', async () => {
    const now = Date.now();
    const metrics = (points: object[], temporality: number) =>
      JSON.stringify({
        resourceMetrics: [
          {
            scopeMetrics: [
              {
                metrics: [
                  { name: 'hits', sum: { isMonotonic: true, aggregationTemporality: temporality, dataPoints: points } },
                ],
              },
            ],
          },
        ],
      });
    const before = queued('metric');
    expect((await otlp('/v1/metrics', metrics([point(5, now - 20)], 1))).text).toBe('{}');
    const packed = gzipSync(metrics([point(3, now - 10)], 1));
    expect((await otlp('/v1/metrics', packed, { 'content-encoding': 'gzip' })).text).toBe('{}');
    expect(queued('metric') - before).toBe(2);
    const again = await otlp('/v1/metrics', metrics([point(1, now - 3_600_000)], 1));
    expect(JSON.parse(again.text).partialSuccess).toMatchObject({ rejectedDataPoints: 1 });
    const empty = await otlp('/v1/metrics', Buffer.alloc(0), { 'content-type': type });
    expect([empty.status, empty.text, empty.headers['content-type']]).toEqual([200, '', type]);
    const source = ['common', 'metrics', 'logs']
      .map((name) => protoText(`otlp/${name}`))
      .join('\n')
      .replaceAll(/^(syntax|package) .*$/gm, '');
    const logs = messageType(`syntax = "proto3";\npackage otlp;\n${source}`, 'otlp.LogsRequest');
    const record = { body: { stringValue: 'all is well' }, severityText: 'INFO' };
    const bytes = logs.encode(logs.fromObject({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] })).finish();
    const lines = queued('log');
    expect((await otlp('/v1/logs', Buffer.from(bytes), { 'content-type': type })).status).toBe(200);
    expect(queued('log') - lines).toBe(1);
  });

  it('any bytes are taken or refused as the protocol says, and it goes on', async () => {
    let seed = 9;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return (seed >>> 8) % below;
    };
    const statuses = new Set<number>();
    for (let i = 0; i < 300; i++) {
      const bytes = Buffer.from(Array.from({ length: random(60) }, () => (random(3) === 0 ? 0x0a : random(256))));
      const reply = await otlp(i % 2 === 0 ? '/v1/metrics' : '/v1/logs', bytes, {
        'content-type': i % 3 === 0 ? 'application/json' : type,
      });
      statuses.add(reply.status);
    }
    expect([...statuses].sort()).toEqual([200, 400]);
  });

  it('does not listen beyond this host', () => {
    expect(() => station.config({ port: 1, applications: { otlp: { listen: '0.0.0.0:4318' } } })).toThrow(/loopback/);
  });
});
