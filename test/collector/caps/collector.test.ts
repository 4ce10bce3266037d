import { appendFileSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Collector } from '../../../collector/core/collector.ts';
import { WallClock } from '../../../collector/core/wall-clock.ts';
import { createNodeHost } from '../../../collector/node/host.ts';
import { startCollector } from '../../../collector/node/start.ts';
import { encodeControl } from '../../../proto/control.ts';
import { startBroker } from '../../support/broker.ts';
import { createStation, decodeReceived, quietHost, type Station, until } from '../../support/collector.ts';
import { freePort } from '../../support/free-port.ts';

let station: Station;
let file: string;
let line = 0;

beforeEach(async () => {
  station = await createStation();
  mkdirSync(join(station.directory, 'logs'));
  file = join(station.directory, 'logs', 'app.log');
  appendFileSync(file, '');
});
afterEach(() => station.remove());

/** Lines that do not compress. */
function write(level: string, count: number): void {
  let text = '';
  for (let i = 0; i < count; i++, line++)
    text += `${level} line ${line} ${Math.sin(line).toString(36)}${Math.cos(line * 7).toString(36)}${Math.tan(line).toString(36)}\n`;
  appendFileSync(file, text);
}

const droppedOf = (collector: Collector, dataClass: string) =>
  collector.status('up').ledger!.entries.find((entry) => entry.class === dataClass)!.dropped;
const linesRead = (collector: Collector): number => (collector.status('up').sources.logs as { lines: number }).lines;

it('while a spool fills with its relay away, debug lines are left out before they reach it, then info and warnings, and every error is kept', async () => {
  const port = await freePort();
  const config = station.config({
    port,
    interval: '1s',
    logs: [{ paths: [file], level: 'debug' }],
    spool: { maxBytes: '1MiB', segmentBytes: '64KiB', linger: '0ms' },
  });
  const { collector, close } = await startCollector(config, { host: quietHost() });
  const all = async (): Promise<void> => {
    const [read, lines] = [() => linesRead(collector), line];
    await until('the lines are read', () => read() === lines);
    await new Promise<void>((resolve) => collector.spool.afterWaiting('log', resolve));
    collector.caps.look();
  };
  for (const step of [1, 2, 3]) {
    while (collector.caps.shedding.step < step) {
      write(step === 3 ? 'WARN' : 'INFO', 500);
      await all();
    }
  }
  write('DEBUG', 100);
  write('INFO', 200);
  write('WARN', 300);
  write('ERROR', 400);
  const before = collector.sender.queued('error').items;
  await all();
  await until('the errors are in the spool', () => collector.sender.queued('error').items === before + 400);
  const shed = (name: string) => droppedOf(collector, name).shed_spool?.items ?? 0;
  expect(shed('debug')).toBe(100);
  expect(shed('log')).toBeGreaterThanOrEqual(500);
  expect(droppedOf(collector, 'error')).toEqual({});
  expect(collector.caps.shedding.stretch).toBe(4);

  const broker = await startBroker(station.relay, port);
  await until('the spool is empty', () => collector.sender.queued('log').frames === 0);
  await until('nothing is left out any more', () => {
    collector.caps.look();
    return collector.caps.shedding.step === 0;
  });
  write('DEBUG', 10);
  const debug = () =>
    decodeReceived(broker.received).frames.flatMap((frame) =>
      frame.kind === 'logs' && frame.class === 'debug' ? frame.lines : [],
    );
  await until('debug lines again', () => debug().length === 10);
  await close();
  await broker.close();
});

it('over its share of the processor a collector reads on only as fast as that allows, and loses nothing', async () => {
  let cpu = 0;
  let mono = 0;
  const host = { ...createNodeHost({ log: () => undefined, mono: () => mono }), cpuSeconds: () => cpu };
  const broker = await startBroker(station.relay);
  const config = station.config({
    port: broker.port,
    interval: '1h',
    logs: [{ paths: [file] }],
    logBatchBytes: '16KiB',
    caps: { cpu: '10%' },
  });
  const running = await startCollector(config, { host });
  await until('connected', () => running.collector.link.isOpen);
  cpu = 60;
  write('INFO', 4_000);
  await until('the first of it is read', () => linesRead(running.collector) > 0);
  const read = linesRead(running.collector);
  // A second of waits: with the budget overdrawn it stays where it is.
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  expect(linesRead(running.collector)).toBeLessThan(read + 1_500);
  expect(linesRead(running.collector)).toBeLessThan(4_000);
  expect(statSync(file).size).toBeGreaterThan(200_000);
  mono += 3_600_000;
  await until('all of it is read', () => linesRead(running.collector) === 4_000);
  const lines = () =>
    decodeReceived(broker.received).frames.reduce(
      (sum, frame) => sum + (frame.kind === 'logs' ? frame.lines.length : 0),
      0,
    );
  await until('all of it arrived', () => lines() === 4_000);
  await running.close();
  await broker.close();
});

it('a machine that starts in 1970 sends samples with the time its relay told it, in order, and is not taken for wrong', async () => {
  const began = performance.now();
  const broker = await startBroker(station.relay);
  const config = station.config({ port: broker.port, interval: '50ms' });
  const mono = () => performance.now();
  const clock = new WallClock(() => performance.now() - began, mono);
  const host = createNodeHost({ log: () => undefined, now: () => clock.now(), mono });
  const running = await startCollector(config, { host, clock });
  await until('connected', () => running.collector.link.isOpen);
  await until('frames before it knows', () => times().length > 3);
  await broker.publish(`fleet/${station.name}/control`, encodeControl({ time: Date.now() }));
  await until('frames after', () => times().some((time) => Math.abs(time - Date.now()) < 5_000));
  await until('more of them', () => times().at(-1)! > Date.now() - 2_000 && times().length > 10);
  const all = times();
  expect(all.every((time, i) => i === 0 || time > all[i - 1]!)).toBe(true);
  expect(all[0]).toBeGreaterThanOrEqual(Date.UTC(2026, 0, 1));
  await running.close();
  await broker.close();

  /** Of the frames in the order of their numbers: two lanes bring them. */
  function times(): number[] {
    return decodeReceived(broker.received)
      .frames.flatMap((frame) => (frame.kind === 'metrics' ? [frame] : []))
      .sort((a, b) => a.sequence - b.sequence)
      .map((frame) => frame.sections[0]!.times[0]!);
  }
});
