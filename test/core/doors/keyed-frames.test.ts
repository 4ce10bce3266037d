import { randomBytes } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { DoorSink, type DoorSinkOptions } from '../../../core/gateway/doors/sink.ts';
import { decodeRecord } from '../../../core/indexer/record.ts';
import { Account } from '../../../core/ledger/account.ts';
import type { Bus, BusRecord } from '../../../core/ports/bus.ts';
import type { MetricFrame } from '../../../core/ports/frames.ts';
import type { MetricStore } from '../../../core/ports/metric-store.ts';
import { LineIntake } from '../../../lib/doors/line-intake.ts';
import { MetricIntake } from '../../../lib/doors/metric-intake.ts';
import type { RequestKey } from '../../../lib/doors/request-key.ts';
import { UsedKeys } from '../../../lib/doors/used-keys.ts';
import { Batch } from '../../../lib/ingest/batch.ts';
import { MaskStage } from '../../../lib/mask/mask.ts';
import { Registry } from '../../../lib/metrics.ts';
import { decodeFrame } from '../../../proto/frame.ts';

const START = Date.parse('2026-11-20T12:00:00Z');
const FUTURE_MS = 60_000;
const CLIENT = { name: 'shop', anyHost: false };
const BODY = Buffer.from('body');
const TIMES = { retentionMs: 86_400_000, futureMs: FUTURE_MS };

/** What stores that take each frame once have, over restarts of who writes into them. */
class Stored {
  readonly names = new Set<string>();
  readonly lines: string[] = [];
  readonly samples: number[] = [];
  refused = '';

  readonly bus = {
    publish: async (topic: string, records: readonly BusRecord[]) => {
      if (topic === this.refused) throw new Error('no broker');
      for (const { value } of records) this.#line(value);
    },
  } as unknown as Bus;

  readonly metrics = {
    take: async ({ id: { host, boot, sequence }, rows }: MetricFrame) => {
      const values = rows.flatMap((row) => [...row.values]);
      const isNew = this.#isNew(`metric ${host} ${boot} ${sequence}`);
      if (isNew) this.samples.push(...values);
      return { written: isNew ? values.length : 0, repeated: isNew ? 0 : values.length, dropped: {} };
    },
  } as unknown as MetricStore;

  #line(value: Uint8Array): void {
    const { host, frame } = decodeRecord(value);
    const decoded = decodeFrame(frame, { unzstd: (bytes, max) => zstdDecompressSync(bytes, { maxOutputLength: max }) });
    if (decoded.kind !== 'logs') throw new Error(decoded.kind);
    const { class: dataClass, boot, sequence } = decoded;
    if (!this.#isNew(`${dataClass} ${host} ${boot} ${sequence}`)) return;
    for (const { message } of decoded.lines) this.lines.push(message.slice(0, 10));
  }

  #isNew(name: string): boolean {
    if (this.names.has(name)) return false;
    this.names.add(name);
    return true;
  }
}

/** A core's doors from a start to its end. */
function open({ bus, metrics }: Stored, now: () => number) {
  const counter = (name: string) => new Registry().counter(name, '');
  const mask = new MaskStage({ utf8: () => '', utf8Bytes: (text) => Buffer.from(text) }, []);
  const kept = { samples: 0, repeated: 0, dropped: {}, frames: { written: 0, repeated: 0 } };
  const options: DoorSinkOptions = {
    metrics,
    bus,
    account: new Account('core', {
      metrics: kept as unknown as Awaited<ReturnType<MetricStore['totals']>>,
      logs: { classes: {} } as never,
      waiting: new Map(),
      aside: { dropped: [], repeated: [] },
    }),
    fleet: { pushed: () => undefined },
    now,
    site: '',
    metricIntake: new MetricIntake({
      times: TIMES,
      mask,
      maxSeries: 100,
      overCap: counter('over_total'),
      limited: null,
    }),
    lineIntake: new LineIntake({ times: TIMES, mask }),
    accepted: counter('accepted_total'),
    refused: counter('refused_total'),
    pressure: { level: () => 0, wait: () => undefined },
    pressed: counter('pressed_total'),
  };
  const sink = new DoorSink(options);
  const keys = new UsedKeys(now);
  const take = (batch: Batch, text = 'a', body = BODY) =>
    keys.use(CLIENT.name, text, body, (key: RequestKey | null) => sink.take('otlp', CLIENT, batch, key));
  return { take };
}

/** Lines of these levels; the first is so far ahead of the clock that it is not taken yet. */
function request(levels: readonly string[], message = ''): Batch {
  const batch = new Batch();
  for (const [index, level] of levels.entries()) {
    const time = index === 0 ? START + FUTURE_MS + 1000 : START;
    const text = `${index} ${level}`.padEnd(10) + message;
    batch.lines.push({ index, time, level, service: '', host: '', message: text, fields: {} });
  }
  return batch;
}

const SHORT = ['error', 'error', 'info'];

test('a retry has the lines and samples that its request had at first, though the clock went on', async () => {
  const stored = new Stored();
  let clock = START;
  const { take } = open(stored, () => clock);
  stored.refused = 'logs.log';
  const whole = () => {
    const batch = request(SHORT);
    batch.addValue(0, 'early_total', [], START + FUTURE_MS + 1000, 1);
    batch.addValue(1, 'orders_total', [], START, 2);
    return batch;
  };
  await expect(take(whole())).rejects.toMatchObject({ code: 'HG_CORE_STORE' });
  stored.refused = '';
  clock += 2000;
  const taken = await take(whole());
  expect([taken.samples, taken.lines, taken.rejected.map(({ kind, index }) => `${kind} ${index}`)]).toEqual([
    1,
    2,
    ['metric 0', 'log 0'],
  ]);
  expect([stored.lines, stored.samples]).toEqual([['1 error   ', '2 info    '], [2]]);
});

test('after a restart what is the same comes once, and what was not taken at first is stored and not taken for it', async () => {
  const stored = new Stored();
  stored.refused = 'logs.log';
  const whole = () => {
    const batch = request(SHORT);
    batch.addValue(0, 'early_total', [], START + FUTURE_MS + 1000, 1);
    return batch;
  };
  await expect(open(stored, () => START).take(whole())).rejects.toMatchObject({ code: 'HG_CORE_STORE' });
  expect(stored.lines).toEqual(['1 error   ']);
  stored.refused = '';
  const { lines, samples, rejected } = await open(stored, () => START + 2000).take(whole());
  expect([lines, samples, rejected]).toEqual([3, 1, []]);
  // The frame with both errors is another one than that with the second.
  expect(stored.lines.toSorted()).toEqual(['0 error   ', '1 error   ', '1 error   ', '2 info    ']);
  expect(stored.samples).toEqual([1]);
  await open(stored, () => START + 3000).take(whole());
  expect([stored.lines.length, stored.samples]).toEqual([4, [1]]);
});

test('frames of as many lines as others are not taken for them when a request is cut elsewhere', async () => {
  const stored = new Stored();
  // Two of these fill a frame.
  const long = randomBytes(200_000).toString('hex');
  const whole = () => request(['error', 'error', 'error', 'error', 'error'], long);
  await open(stored, () => START).take(whole());
  expect(stored.lines.map((line) => line[0])).toEqual(['1', '2', '3', '4']);
  await open(stored, () => START + 2000).take(whole());
  expect(new Set(stored.lines.map((line) => line[0]))).toEqual(new Set(['0', '1', '2', '3', '4']));
});

test('other content under a key that the core has forgotten is stored, not lost as a repeat', async () => {
  const stored = new Stored();
  await open(stored, () => START).take(request(['error', 'info']));
  const other = request(['error', 'debug']);
  await open(stored, () => START).take(other, 'a', Buffer.from('other'));
  expect(stored.lines).toEqual(['1 info    ', '1 debug   ']);
  const again = request(['error', 'info']);
  again.lines[1] = { ...again.lines[1]!, message: 'new text  ' };
  await open(stored, () => START).take(again, 'a', Buffer.from('another'));
  expect(stored.lines).toEqual(['1 info    ', '1 debug   ', 'new text  ']);
});
