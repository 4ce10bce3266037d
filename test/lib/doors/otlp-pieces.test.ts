import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Otlp, type OtlpForm, type Signal } from '../../../lib/doors/otlp.ts';
import { otlpPieces, type PieceLimits } from '../../../lib/doors/otlp-pieces.ts';
import type { Taker } from '../../../lib/doors/taker.ts';
import { HeliographError } from '../../../lib/errors.ts';
import { messageOfJson } from '../../../lib/ingest/json-message.ts';
import { messageType } from '../../../lib/ingest/protobuf.ts';

const SOURCE = ['common', 'metrics', 'logs']
  .map((name) => readFileSync(new URL(`../../../proto/otlp/${name}.proto`, import.meta.url), 'utf8'))
  .join('\n')
  .replaceAll(/^(syntax|package) .*$/gm, '');
const TEXT = `syntax = "proto3"; package otlp; ${SOURCE}`;
const TYPES = {
  metrics: messageType(TEXT, 'otlp.MetricsRequest'),
  logs: messageType(TEXT, 'otlp.LogsRequest'),
} as const;
const TIME = 1_700_000_000_000;
const GUEST = { name: 'c', anyHost: true, scopes: new Set(['ingest:metrics', 'ingest:logs'] as const) };

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const nanos = (ms: number) => `${ms}000000`;

function point(i: number) {
  return { asInt: String(i), timeUnixNano: nanos(TIME + (i % 7)), attributes: [text('path', `/"[${i}]{,\\`)] };
}

function metrics(points: number) {
  const resource = (name: string) => ({ attributes: [text('service.name', name), text('k8s.pod', `${name}-1`)] });
  const many = Array.from({ length: points }, (_, i) => point(i));
  const small = Array.from({ length: points }, (_, i) => ({
    name: `m${i}`,
    unit: 's',
    gauge: { dataPoints: [point(i)] },
  }));
  const sum = { name: 'all', sum: { dataPoints: many, isMonotonic: true, aggregationTemporality: 2 } };
  const broken = { name: 'broken', sum: { dataPoints: [point(1), point(2)] } };
  return {
    resourceMetrics: [
      { resource: resource('a'), scopeMetrics: [{ scope: { name: 'lib' }, metrics: [sum, broken, ...small] }] },
      // What stands for all of it stands behind it.
      { scopeMetrics: [{ metrics: small.slice(0, 3), scope: { name: 'late' } }], resource: resource('b') },
      {},
      { resource: resource('c'), scopeMetrics: [] },
    ],
  };
}

function logs(records: number) {
  const record = (i: number) => ({ timeUnixNano: nanos(TIME + i), body: { stringValue: `line ${i} "]}` } });
  const logRecords = Array.from({ length: records }, (_, i) => record(i));
  return {
    resourceLogs: [
      {
        resource: { attributes: [text('service.name', 'a')] },
        scopeLogs: [{ logRecords }, { logRecords: [record(0)] }],
      },
      { scopeLogs: [{ logRecords: [] }] },
    ],
  };
}

const LIMITS: PieceLimits = { bytes: 500, values: 100_000, elements: 100_000 };

/** What a sink is given, whatever the pieces in which it comes. */
async function taken(signal: Signal, form: OtlpForm, bytes: Uint8Array, limits: PieceLimits | null) {
  const seen: unknown[] = [];
  let batches = 0;
  const sink: Taker = {
    async take(_door, _client, batch) {
      batches++;
      for (const { series, from, to } of batch.series) {
        seen.push([series.name, series.labels, [...batch.samples.times.subarray(from, to)], batch.samples.value(from)]);
      }
      for (const { time, service, message } of batch.lines) seen.push([time, service, message]);
      return { samples: 0, lines: 0, repeated: 0, rejected: batch.rejected };
    },
  };
  const otlp = new Otlp(sink, 'g', 32, () => TIME + 60_000, limits);
  const answer =
    form === 'json'
      ? await otlp.json('d', signal, bytes, GUEST, null)
      : await otlp.protobuf('d', signal, bytes, GUEST, null);
  return { seen, batches, answer: String(answer) };
}

function bytesOf(signal: Signal, form: OtlpForm, request: object): Uint8Array {
  if (form === 'json') return Buffer.from(JSON.stringify(request));
  return TYPES[signal].encode(messageOfJson(TYPES[signal], request)).finish();
}

describe.each([
  ['metrics', 'json'],
  ['metrics', 'protobuf'],
  ['logs', 'json'],
  ['logs', 'protobuf'],
] as const)('%s as %s', (signal, form) => {
  const bytes = bytesOf(signal, form, signal === 'metrics' ? metrics(200) : logs(200));

  test.each([100, 500, 3000])(
    'in pieces of %i bytes are what they are as a whole, and so is the answer',
    async (most) => {
      const whole = await taken(signal, form, bytes, null);
      const inPieces = await taken(signal, form, bytes, { ...LIMITS, bytes: most });
      expect(inPieces.batches).toBeGreaterThan(bytes.length / most / 2);
      expect(whole.seen.length).toBeGreaterThan(200);
      // What stands once for a resource comes with its last piece.
      expect(inPieces.seen).toEqual(whole.seen);
      expect(inPieces.answer).toEqual(whole.answer);
    },
  );

  test('pieces are hardly larger than they may be', () => {
    for (const piece of otlpPieces(signal, form, bytes, { ...LIMITS, bytes: 3000 }))
      expect(piece.bytes.length).toBeLessThan(3400);
  });

  test('cut off anywhere it is refused with a code', async () => {
    for (let to = 501; to < bytes.length - 1; to += 97) {
      const got = await taken(signal, form, bytes.subarray(0, to), LIMITS).catch((error: unknown) => error);
      expect(got).toBeInstanceOf(HeliographError);
      expect((got as HeliographError).code).toBe('HG_DOOR_SYNTAX');
    }
  });

  test('any byte of it changed it is read or refused with a code', async () => {
    for (let at = 0; at < bytes.length; at += 311) {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at]! + at) & 255;
      const got = await taken(signal, form, changed, LIMITS).catch((error: unknown) => error);
      if (got instanceof Error) expect((got as HeliographError).code).toMatch(/^HG_DOOR_(SYNTAX|DEPTH|BODY)$/);
    }
  });

  test('too many elements are refused before they are anything', async () => {
    const few = { ...LIMITS, elements: 50 };
    await expect(taken(signal, form, bytes, few)).rejects.toMatchObject({ code: 'HG_DOOR_BODY' });
  });
});

test('a document that is no request of the form is read as a whole, and refused for what it is', async () => {
  const f = (body: string, code: string) =>
    expect(taken('metrics', 'json', Buffer.from(body.padEnd(600)), LIMITS)).rejects.toMatchObject({ code });
  await f('[]', 'HG_DOOR_SYNTAX');
  await f('"x"', 'HG_DOOR_SYNTAX');
  await f('{"resourceMetrics":7}', 'HG_DOOR_SYNTAX');
  await f('{"resourceMetrics":[]} x', 'HG_DOOR_SYNTAX');
  await f('{"resourceMetrics":[7]}', 'HG_DOOR_SYNTAX');
  await f(`{"resourceMetrics":${'['.repeat(300)}${']'.repeat(300)}}`, 'HG_DOOR_DEPTH');
  expect((await taken('metrics', 'json', Buffer.from('{"other":[1,2]}'.padEnd(600)), LIMITS)).seen).toEqual([]);
});

test('where a piece is not taken the rest is not tried, and what was tried is over before the answer', async () => {
  let tried = 0;
  let over = 0;
  const sink: Taker = {
    async take() {
      const isThird = ++tried === 3;
      await new Promise((resolve) => setImmediate(resolve));
      over++;
      if (isThird) throw new HeliographError('HG_COLLECTOR_BUSY', 'full');
      return { samples: 0, lines: 0, repeated: 0, rejected: [] };
    },
  };
  const otlp = new Otlp(sink, '', 32, () => TIME + 60_000, LIMITS);
  const asked = otlp.json('d', 'logs', bytesOf('logs', 'json', logs(500)), GUEST, null);
  await expect(asked).rejects.toMatchObject({ code: 'HG_COLLECTOR_BUSY' });
  expect(over).toBe(tried);
  expect(tried).toBeLessThan(10);
});
