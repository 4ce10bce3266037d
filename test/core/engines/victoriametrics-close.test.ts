import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type VictoriaMetricsParts, VictoriaMetricsStore } from '../../../core/engines/victoriametrics/store.ts';
import type { MetricFrame } from '../../../core/ports/frames.ts';
import { FrameLedger } from '../../../core/seen/frame-ledger.ts';

test('the ledger is closed when all is entered, also what only came again', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-close-'));
  const synced = Promise.withResolvers<void>();
  const log = { sync: () => synced.promise, close: () => undefined };
  const ledger = new FrameLedger(directory, 'l.db', () => log);
  const id = { host: 'h1', boot: '000000010123456789abcdef', class: 'metric', sequence: 1 } as const;
  ledger.enter([{ id, written: 3, dropped: {} }], 5, null);
  const store = new VictoriaMetricsStore({
    ledger,
    addresses: [],
    year: null,
    gate: { pass: () => undefined, close: async () => undefined },
    clock: { now: () => 6, mono: () => 6 },
    onWrite: () => undefined,
    close: async () => undefined,
  } as unknown as VictoriaMetricsParts);
  const writing = store.write([{ id, rows: [] } as unknown as MetricFrame]);
  const order: string[] = [];
  const closing = store.close().then(() => order.push('closed'));
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(order).toEqual([]);
  synced.resolve();
  expect(await writing).toEqual([{ written: 0, repeated: 0, dropped: {} }]);
  await closing;
  rmSync(directory, { recursive: true, force: true });
});
