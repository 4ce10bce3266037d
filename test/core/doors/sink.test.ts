import { expect, test } from 'vitest';
import { DoorSink } from '../../../core/gateway/doors/sink.ts';
import { Account } from '../../../core/ledger/account.ts';
import type { DoorTotals } from '../../../core/ledger/door-totals.ts';
import type { Bus } from '../../../core/ports/bus.ts';
import type { MetricStore } from '../../../core/ports/metric-store.ts';
import { LineIntake } from '../../../lib/doors/line-intake.ts';
import type { MetricIntake } from '../../../lib/doors/metric-intake.ts';
import { HeliographError } from '../../../lib/errors.ts';
import { Batch } from '../../../lib/ingest/batch.ts';
import { MaskStage } from '../../../lib/mask/mask.ts';
import { Registry } from '../../../lib/metrics.ts';
import type { DataClass } from '../../../proto/class.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const CLIENT = { name: 'shop', anyHost: false };
const NONE = { written: 0, repeated: 0, dropped: {} };
const KEPT = { samples: 0, repeated: 0, dropped: {}, frames: { written: 0, repeated: 0 } };

/** A sink whose stores write down what they were given. */
function open(full: readonly DataClass[], published: Partial<DoorTotals> | null = null) {
  const stored = { samples: 0, topics: [] as string[] };
  const waits = new Map<DataClass, number>();
  const registry = new Registry();
  const account = new Account('core', {
    metrics: KEPT as unknown as Awaited<ReturnType<MetricStore['totals']>>,
    logs: { classes: {} } as never,
    waiting: new Map(),
    aside: { dropped: [], repeated: [] },
    ...(published ? { published: published as DoorTotals } : {}),
  });
  const sink = new DoorSink({
    metrics: {
      take: async () => {
        stored.samples++;
        return { ...NONE, written: 1 };
      },
    } as unknown as MetricStore,
    bus: { publish: async (topic: string) => void stored.topics.push(topic) } as unknown as Bus,
    account,
    fleet: { pushed: () => undefined },
    now: () => NOW,
    site: '',
    metricIntake: {
      rows: (_: string, __: object, { series: { length } }: Batch) => ({ rows: [], samples: length, taken: length }),
    } as unknown as MetricIntake,
    lineIntake: new LineIntake({
      times: { retentionMs: 86_400_000, futureMs: 60_000 },
      mask: new MaskStage({ utf8: () => '', utf8Bytes: (text) => Buffer.from(text) }, []),
    }),
    accepted: registry.counter('accepted_total', ''),
    refused: registry.counter('refused_total', ''),
    pressure: {
      level: (dataClass) => (full.includes(dataClass) ? 2 : 0),
      wait: (dataClass, bytes) => void waits.set(dataClass, (waits.get(dataClass) ?? 0) + bytes),
    },
    pressed: registry.counter('pressed_total', ''),
  });
  return { sink, stored, waits, account };
}

function mixed(): Batch {
  const batch = new Batch();
  batch.addValue(0, 'orders_total', [], NOW, 3);
  for (const [index, level] of ['error', 'info', 'debug'].entries()) {
    batch.lines.push({ index, time: NOW, level, service: 'shop', host: '', message: `${level} of it`, fields: {} });
  }
  return batch;
}

test('a request with an error that there is no room for is refused whole, before anything of it is stored', async () => {
  const { sink, stored } = open(['debug', 'error']);
  const batch = mixed();
  const undone: number[] = [];
  batch.undo.push(
    () => undone.push(1),
    () => undone.push(2),
  );
  await expect(sink.take('otlp', CLIENT, batch, null)).rejects.toMatchObject({
    code: 'HG_DOOR_PRESSURE',
    facts: { classes: 'error and debug', retryAfterS: 10 },
  });
  expect(stored).toEqual({ samples: 0, topics: [] });
  // What the second step puts back is what the first one left.
  expect(undone).toEqual([2, 1]);
});

test('debug and info lines that there is no room for are left out one by one, and the rest is taken', async () => {
  const { sink, stored } = open(['debug', 'log']);
  const taken = await sink.take('otlp', CLIENT, mixed(), null);
  expect(taken).toMatchObject({ samples: 1, lines: 1 });
  expect(taken.rejected.map(({ code, index }) => [code, index])).toEqual([
    ['HG_ITEM_PRESSURE', 1],
    ['HG_ITEM_PRESSURE', 2],
  ]);
  expect(stored).toEqual({ samples: 1, topics: ['logs.error'] });
});

test('an account that cannot be written refuses the lines, and neither pressure nor sums keep anything of them', async () => {
  const wrote: number[] = [];
  const published = {
    ledger: () => null,
    add: (_: DataClass, items: number) => {
      if (wrote.length === 1) throw new HeliographError('HG_STORE_DISK', 'fleet.db: full');
      wrote.push(items);
    },
    addDone: (_: DataClass, items: number) => void wrote.push(items),
  };
  const { sink, stored, waits, account } = open([], published);
  const batch = new Batch();
  for (const [index, host] of ['a', 'b', 'c'].entries()) {
    batch.lines.push({ index, time: NOW, level: 'error', service: 'shop', host, message: 'of it', fields: {} });
  }
  await expect(sink.take('otlp', { ...CLIENT, anyHost: true }, batch, null)).rejects.toMatchObject({
    code: 'HG_STORE_DISK',
  });
  expect(stored.topics).toEqual([]);
  expect([...waits]).toEqual([['error', 0]]);
  // Only what was written is taken back.
  expect(wrote).toEqual([1, -1]);
  const { in: came, out } = account.ledger(NOW).entries.find((entry) => entry.class === 'error')!;
  expect({ came, out }).toEqual({ came: { frames: 0, items: 0 }, out: { frames: 0, items: 0 } });
});
