import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startCollector } from '../../collector/node/start.ts';
import { imbalance } from '../../lib/ledger.ts';
import type { TestBroker } from '../support/broker.ts';
import { decodeReceived, quietHost, type Station } from '../support/collector.ts';
import { stationAndBroker } from '../support/station-and-broker.ts';
import { until } from '../support/until.ts';

let station: Station;
let broker: TestBroker;

stationAndBroker((...opened) => {
  [station, broker] = opened;
});

it('declares what is lost of a file that was truncated before it was read: by an event and in the ledger', async () => {
  const logs = join(station.directory, 'logs');
  mkdirSync(logs);
  const path = join(logs, 'app.log');
  const size = 16_000_000;
  writeFileSync(path, `${'x'.repeat(99)}\n`.repeat(size / 100));
  const config = station.config({ port: broker.port, logs: [{ paths: [path] }], logBatchBytes: '16KiB' });
  const { collector, close } = await startCollector(config, { host: quietHost() });
  const logStats = () => collector.status('up').sources.logs as { bytes: number; lostBytes: number };
  await until('the first lines', () => logStats().bytes > 0, { everyMs: 2 });
  truncateSync(path, 0);
  await until('the loss is seen', () => logStats().lostBytes > 0);
  const { bytes, lostBytes } = logStats();
  expect(bytes + lostBytes).toBe(size);

  const event = await until('the event', () =>
    decodeReceived(broker.received)
      .frames.flatMap((frame) => (frame.kind === 'events' ? frame.events : []))
      .find(({ type }) => type === 'logs.lost'),
  );
  const lines = lostBytes / 100;
  expect(event).toMatchObject({
    host: station.name,
    facts: { path, reason: 'truncated', offset: bytes, bytes: lostBytes, lines_about: lines },
  });
  const { ledger } = collector.status('up');
  expect(ledger!.entries.find((entry) => entry.class === 'log')!.dropped.file_truncated).toEqual({
    frames: 0,
    items: lines,
  });
  for (const entry of ledger!.entries) expect(imbalance(entry)).toEqual({ frames: 0, items: 0 });
  await close();
});
