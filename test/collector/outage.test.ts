import { appendFileSync, closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startCollector } from '../../collector/node/start.ts';
import { imbalance } from '../../lib/ledger.ts';
import { Ranges } from '../../lib/ranges.ts';
import { encodeControl } from '../../proto/control.ts';
import { startBroker } from '../support/broker.ts';
import { createStation, decodeReceived, quietHost, type Station, until } from '../support/collector.ts';
import { freePort } from '../support/free-port.ts';

let station: Station;

beforeEach(async () => {
  station = await createStation();
});
afterEach(() => station.remove());

describe('while the relay is away', () => {
  it('the spool keeps everything, over a restart, and sends it as it stood', async () => {
    const port = await freePort();
    const config = station.config({ port });
    const first = await startCollector(config, { host: quietHost() });
    await until('frames in the spool', () => first.collector.sender.queued('metric').frames >= 5);
    await first.close();
    const kept = first.collector.sender.queued('metric').frames;
    const boot = first.collector.spool.boot.id;

    const second = await startCollector(config, { host: quietHost() });
    expect(second.collector.sender.queued('metric').frames).toBeGreaterThanOrEqual(kept);
    const broker = await startBroker(station.relay, port);
    await until('all of the first boot', () => {
      const { frames } = decodeReceived(broker.received);
      return frames.filter((frame) => frame.boot === boot && frame.class === 'metric').length === kept;
    });
    await until('the second boot', () => decodeReceived(broker.received).frames.some((frame) => frame.boot !== boot));
    const { frames } = decodeReceived(broker.received);
    const own = frames.find((frame) => frame.boot !== boot && frame.class === 'metric' && frame.sequence === 1)!;
    expect(own.previous).toEqual({ boot, sequence: kept });
    await second.close();
    await broker.close();
  });

  it('a full spool gives up the oldest of the lowest class, and declares every number', async () => {
    const port = await freePort();
    const logs = join(station.directory, 'logs');
    mkdirSync(logs);
    const file = join(logs, 'flood.log');
    const config = station.config({
      port,
      interval: '50ms',
      logs: [{ paths: [file] }],
      spool: { maxBytes: '512KiB', segmentBytes: '32KiB', linger: '0ms' },
      logBatchBytes: '32KiB',
    });
    let line = 0;
    const flood = (bytes: number): void => {
      let text = '';
      while (text.length < bytes) {
        // Digits that do not compress, so that the spool fills.
        text += `${line % 50 === 0 ? 'ERROR' : 'INFO'} line ${line} ${Math.sin(line).toString(36)}${Math.cos(line * 7).toString(36)}\n`;
        line++;
      }
      appendFileSync(file, text);
    };
    flood(600_000);
    const first = await startCollector(config, { host: quietHost() });
    const dropped = () => Object.keys(first.collector.status('up').ledger!.entries[3]!.dropped).length > 0;
    await until('drops', () => {
      if (!dropped()) flood(100_000);
      return dropped();
    });
    await first.close();
    const second = await startCollector(config, { host: quietHost() });
    flood(600_000);
    await until('all read', () => {
      const logged = second.collector.status('up').sources.logs as { pendingBytes: number; kept: number };
      return logged.kept > 0 && logged.pendingBytes === 0;
    });
    const broker = await startBroker(station.relay, port);
    await until('an empty spool', () => {
      const { sender } = second.collector;
      return sender.stats.acknowledged > 0 && sender.queued('log').frames === 0 && sender.queued('error').frames === 0;
    });
    await second.close();
    for (const entry of second.collector.status('down').ledger!.entries) {
      expect(imbalance(entry)).toEqual({ frames: 0, items: 0 });
    }
    const { frames } = decodeReceived(broker.received);
    const boots = [first.collector.spool.boot.id, second.collector.spool.boot.id];
    const last = [first, second].map(({ collector }) => collector.spool.sequences.log.next - 1);
    let declared = 0;
    let declaredItems = 0;
    boots.forEach((boot, i) => {
      const known = new Ranges();
      for (const frame of frames.filter((frame) => frame.class === 'log')) {
        if (frame.boot === boot) known.add(frame.sequence);
        for (const gap of frame.kind === 'gap' ? frame.gaps : []) {
          if (gap.boot !== boot) continue;
          known.addRange(gap.from, gap.to);
          expect(gap.reason).toBe('cap');
          declared += gap.frames;
          declaredItems += gap.items;
        }
      }
      expect(known.pairs()).toEqual([[1, last[i]!]]);
    });
    const ledger = second.collector.status('down').ledger!.entries[3]!;
    expect({ frames: declared, items: declaredItems }).toEqual(ledger.dropped.cap);
    // Errors push back and are never given up.
    const errors = frames.flatMap((frame) => (frame.kind === 'logs' && frame.class === 'error' ? frame.lines : []));
    expect(errors.length).toBe(Math.ceil(line / 50));
    expect(second.collector.spool.sequences.log.floor).toBe(second.collector.spool.sequences.log.next);
    await broker.close();
  });
});

it('sends a definition again when it is asked for it', async () => {
  const broker = await startBroker(station.relay);
  const running = await startCollector(station.config({ port: broker.port }), { host: quietHost() });
  const metric = () => decodeReceived(broker.received).frames.find((frame) => frame.kind === 'metrics');
  await until('a metric frame', () => metric() !== undefined);
  const frame = metric()!;
  const page = frame.kind === 'metrics' ? frame.sections[0]!.page : '';
  const definitions = () => broker.received.filter(({ topic }) => topic.endsWith('/definitions'));
  const before = definitions().length;
  await broker.publish(`fleet/${station.name}/control`, encodeControl({ need: [page] }));
  await until('the definition', () => definitions().length > before);
  const texts = definitions().map(({ payload }) => Buffer.from(payload).toString('hex'));
  expect(new Set(texts).size).toBe(before);
  await running.close();
  await broker.close();
});

it('stays away for as long as the relay asks', async () => {
  const broker = await startBroker(station.relay);
  const running = await startCollector(station.config({ port: broker.port }), { host: quietHost() });
  await until('connected', () => running.collector.link.isOpen);
  await broker.publish(`fleet/${station.name}/control`, encodeControl({ comeBackAfterMs: 700 }));
  await until('gone', () => !running.collector.link.isOpen);
  const gone = performance.now();
  await until('back', () => running.collector.link.isOpen);
  expect(performance.now() - gone).toBeGreaterThan(600);
  await running.close();
  await broker.close();
});

it('keeps everything in memory when flash is to be spared, and writes it at a clean end', async () => {
  const broker = await startBroker(station.relay);
  await broker.close();
  const config = station.config({ port: broker.port, spool: { mode: 'memory' } });
  const first = await startCollector(config, { host: quietHost() });
  await until('frames in memory', () => first.collector.sender.queued('metric').frames >= 3);
  await first.close();
  const boot = first.collector.spool.boot.id;
  const kept = first.collector.sender.queued('metric').frames;
  const second = await startCollector(config, { host: quietHost() });
  const again = await startBroker(station.relay, broker.port);
  await until('the frames of the first boot', () => {
    const { frames } = decodeReceived(again.received);
    return frames.filter((frame) => frame.boot === boot && frame.class === 'metric').length === kept;
  });
  await second.close();
  await again.close();
});

it('passes over damage in its spool, declares it, and goes on', async () => {
  const broker = await startBroker(station.relay);
  await broker.close();
  const config = station.config({ port: broker.port, statusInterval: '100ms' });
  const running = await startCollector(config, { host: quietHost() });
  await until('frames in the spool', () => running.collector.sender.queued('metric').frames >= 6);
  const chain = join(station.directory, 'data', 'spool', 'metric');
  const segment = join(chain, readdirSync(chain)[0]!);
  const bytes = readFileSync(segment);
  const at = Math.floor(bytes.length / 3);
  const file = openSync(segment, 'r+');
  writeSync(file, Buffer.from([bytes[at]! ^ 0xff]), 0, 1, at);
  closeSync(file);
  const again = await startBroker(station.relay, broker.port);
  const gaps = () => decodeReceived(again.received).frames.flatMap((frame) => (frame.kind === 'gap' ? frame.gaps : []));
  await until('the declared damage', () => gaps().length > 0);
  expect(gaps()[0]).toMatchObject({ reason: 'corrupt', boot: running.collector.spool.boot.id });
  const { sequences } = running.collector.spool;
  const lost = gaps()[0]!;
  await until('the floor has passed', () => sequences.metric.floor > lost.to);
  const got = decodeReceived(again.received).frames.map((frame) => frame.sequence);
  for (let number = lost.from; number <= lost.to; number++) expect(got).not.toContain(number);
  await running.close();
  await again.close();
});
