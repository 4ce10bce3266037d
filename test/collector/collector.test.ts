import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startCollector } from '../../collector/node/start.ts';
import { imbalance } from '../../lib/ledger.ts';
import { decodeStatus } from '../../proto/status.ts';
import type { TestBroker } from '../support/broker.ts';
import { decodeReceived, quietHost, type Station, until } from '../support/collector.ts';
import { stationAndBroker } from '../support/station-and-broker.ts';

let station: Station;
let broker: TestBroker;

stationAndBroker((...opened) => {
  [station, broker] = opened;
});

const frames = () => decodeReceived(broker.received).frames;
const lines = () => frames().flatMap((frame) => (frame.kind === 'logs' ? frame.lines : []));

describe('a collector', () => {
  it('samples this machine, and the broker can decode every frame', async () => {
    const running = await startCollector(station.config({ port: broker.port }), { host: quietHost() });
    await until('five metric frames', () => frames().filter((frame) => frame.kind === 'metrics').length >= 5);
    await running.close();
    const decoded = decodeReceived(broker.received);
    const first = decoded.frames.find((frame) => frame.kind === 'metrics' && frame.sequence === 1)!;
    if (first.kind !== 'metrics') throw new Error('a metric frame');
    expect(first.previous).toBeNull();
    const names = new Map<string, number>();
    for (const section of first.sections) {
      decoded.series(section.page).forEach((series, i) => {
        const job = series.labels.find(([label]) => label === 'job')?.[1];
        names.set(`${series.name}/${job}`, section.values[i]!);
      });
    }
    expect(names.get('node_load1/node')).toBeGreaterThanOrEqual(0);
    expect(names.get('node_memory_MemTotal_bytes/node')).toBeGreaterThan(1e6);
    expect(names.has('heliograph_collector_spool_bytes/heliograph')).toBe(true);
    const sequences = decoded.frames.filter((frame) => frame.class === 'metric').map((frame) => frame.sequence);
    expect([...sequences].sort((a, b) => a - b)).toEqual(sequences.map((_, i) => i + 1));
    expect(decoded.repeats).toBe(0);
  });

  it('sends lines of files by class, masked, and filters by the desired level', async () => {
    const logs = join(station.directory, 'logs');
    mkdirSync(logs);
    const file = join(logs, 'shop.log');
    writeFileSync(file, 'INFO started\nERROR card 4111 1111 1111 1111 refused\nDEBUG not wanted\n');
    const config = station.config({ port: broker.port, logs: [{ paths: [join(logs, '*.log')] }] });
    const running = await startCollector(config, { host: quietHost() });
    await until('two lines', () => lines().length === 2);
    expect(lines().map((line) => [line.service, line.level, line.message])).toEqual(
      expect.arrayContaining([
        ['shop', 'info', 'INFO started'],
        ['shop', 'error', 'ERROR card **** **** **** **** refused'],
      ]),
    );
    await broker.publish(`fleet/${station.name}/desired`, '{"version":1,"levels":{"shop":"debug"}}', true);
    await until('the wish has come', () => running.collector.desired.current !== null);
    await broker.publish(`fleet/${station.name}/desired`, '{"version":1,"levels":{"shop":"loud"}}', true);
    await until('the bad wish has come', () => running.collector.desired.refused !== null);
    appendFileSync(file, 'DEBUG wanted now\n');
    await until('the debug line', () => lines().some((line) => line.message === 'DEBUG wanted now'));
    expect(frames().find((frame) => frame.class === 'debug')!.sequence).toBe(1);
    const status = running.collector.status('up');
    expect(status.sources.desired).toMatchObject({ levels: { shop: 'debug' } });
    expect(String((status.sources.desired as { refused: string }).refused)).toContain('HG_WIRE');
    await running.close();
  });

  it('says up and down by status, and its ledger balances', async () => {
    const running = await startCollector(station.config({ port: broker.port }), { host: quietHost() });
    await until('acknowledged frames', () => running.collector.sender.stats.frames.metric >= 3);
    await running.close();
    const statuses = broker.received
      .filter(({ topic }) => topic.endsWith('/status'))
      .map(({ payload }) => decodeStatus(payload));
    expect(statuses[0]!.state).toBe('up');
    const last = statuses.at(-1)!;
    expect(last.state).toBe('down');
    expect(last.connection).toBe(statuses[0]!.connection);
    const metric = last.ledger!.entries.find((entry) => entry.class === 'metric')!;
    expect(metric.in.frames).toBeGreaterThanOrEqual(3);
    expect(imbalance(metric)).toEqual({ frames: 0, items: 0 });
    expect(metric.queued.frames).toBe(0);
    expect(last.classes.metric!.floor).toBe(last.classes.metric!.next);
  });

  it('leaves a last will when its connection breaks', async () => {
    const running = await startCollector(
      station.config({ port: broker.port, reconnect: { base: '30s', cap: '30s' } }),
      {
        host: quietHost(),
      },
    );
    await until('connected', () => running.collector.link.isOpen);
    broker.breakAll();
    const down = () =>
      broker.received.filter(({ topic }) => topic.endsWith('/status')).map(({ payload }) => decodeStatus(payload));
    await until('the last will', () => down().some((status) => status.state === 'down'));
    const [up] = down();
    expect(down().at(-1)!.connection).toBe(up!.connection);
    await running.close();
  });
});
