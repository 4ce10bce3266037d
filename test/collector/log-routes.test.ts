import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startCollector } from '../../collector/node/start.ts';
import { imbalance } from '../../lib/ledger.ts';
import type { TestBroker } from '../support/broker.ts';
import { decodeReceived, quietHost, type Station, until } from '../support/collector.ts';
import { stationAndBroker } from '../support/station-and-broker.ts';

let station: Station;
let broker: TestBroker;

stationAndBroker((...opened) => {
  [station, broker] = opened;
});

const lines = () =>
  decodeReceived(broker.received).frames.flatMap((frame) => (frame.kind === 'logs' ? frame.lines : []));

it('a route sends its share by traces, all warnings and errors, and says the share with each line; the rest is in the ledger', async () => {
  mkdirSync(join(station.directory, 'logs'));
  const traces = Array.from({ length: 400 }, () => randomBytes(16).toString('hex'));
  const text = traces.flatMap((trace, i) => [
    `{"level":"info","trace_id":"${trace}","msg":"begin ${i}"}`,
    `level=info trace_id=${trace} msg="end ${i}"`,
    `INFO no trace ${i}`,
  ]);
  const last = ['WARN careful', 'ERROR broken', 'INFO the end'];
  for (const service of ['pay', 'shop'])
    writeFileSync(join(station.directory, 'logs', `${service}.log`), `${text.join('\n')}\n${last.join('\n')}\n`);
  const config = station.config({
    port: broker.port,
    logs: [{ paths: [join(station.directory, 'logs', '*.log')] }],
    logRoutes: [
      { name: 'ends', file: '*/pay.log', levels: ['error'] },
      { name: 'pays', service: 'pay', keep: 0.25 },
    ],
  });
  const running = await startCollector(config, { host: quietHost(), sources: [] });
  const stats = () => running.collector.status('up').sources.logs as { kept: number; sampled: number };
  await until('both files are read', () => stats().kept + stats().sampled === 2 * (text.length + last.length));
  const { kept, sampled } = stats();
  await until('what is kept is here', () => lines().length === kept);
  await running.close();

  const of = (service: string) => lines().filter((line) => line.service === service);
  expect(of('shop')).toHaveLength(text.length + last.length);
  expect(of('shop').every(({ fields }) => !('heliograph.route' in fields))).toBe(true);

  const paid = of('pay');
  for (const message of ['WARN careful', 'ERROR broken']) {
    const line = paid.find((one) => one.message === message)!;
    expect(line.fields['heliograph.sample_rate']).toBeUndefined();
    expect(line.fields['heliograph.route']).toBe(message.startsWith('E') ? 'ends' : 'pays');
  }
  const chosen = paid.filter(({ level }) => level === 'info');
  expect(chosen.every(({ fields }) => fields['heliograph.sample_rate'] === '0.25')).toBe(true);
  // Lines of a trace stay together: each index that begins also ends.
  const begun = chosen.flatMap(({ message }) => /begin (\d+)/.exec(message)?.[1] ?? []);
  const ended = chosen.flatMap(({ message }) => /end (\d+)/.exec(message)?.[1] ?? []);
  expect(begun.length).toBeGreaterThan(0);
  expect(begun.length).toBeLessThan(200);
  expect(ended.sort()).toEqual(begun.sort());
  // Counts weighted by the share come near those of the file, within five standard deviations.
  const alone = chosen.filter(({ message }) => message.startsWith('INFO no trace')).length;
  expect(Math.abs(alone / 0.25 - 400)).toBeLessThan((5 * Math.sqrt(400 * 0.25 * 0.75)) / 0.25);

  const entry = running.collector.status('down').ledger!.entries.find((one) => one.class === 'log')!;
  expect(entry.dropped.sampled).toEqual({ frames: 0, items: sampled });
  expect(imbalance(entry)).toEqual({ frames: 0, items: 0 });
});
