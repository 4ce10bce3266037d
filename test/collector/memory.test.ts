import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createMqttUplink } from '../../collector/node/mqtt-uplink.ts';
import { startCollector } from '../../collector/node/start.ts';
import type { TestBroker } from '../support/broker.ts';
import { quietHost, type Station, until } from '../support/collector.ts';
import { liveMemory } from '../support/live-memory.ts';
import { stationAndBroker } from '../support/station-and-broker.ts';

const MIB = 1024 * 1024;

let station: Station;
let broker: TestBroker;

stationAndBroker((...opened) => {
  [station, broker] = opened;
});

it('takes no more memory after 2,000 collections than after 500', async () => {
  const path = join(station.directory, 'app.log');
  appendFileSync(path, '');
  const config = station.config({ port: broker.port, interval: '5ms', logs: [{ paths: [path] }] });
  let value = 0;
  const running = await startCollector(config, {
    host: quietHost(),
    sources: [
      {
        name: 'changing',
        collect({ sink, labels }) {
          for (let i = 0; i < 50; i++) sink.add('changing', labels('i', String(i)), i < value % 50 ? Math.random() : i);
          value++;
        },
      },
    ],
  });
  const { sender, spool } = running.collector;
  const grown = async (collections: number): Promise<void> => {
    let lines = 0;
    await until(`${collections} frames acknowledged`, () => {
      broker.received.length = 0;
      lines++;
      appendFileSync(
        path,
        `INFO line ${lines} ${Math.random()
          .toString(36)
          .repeat(lines % 40)}\n`,
      );
      return sender.stats.frames.metric >= collections;
    });
    expect(spool.sequences.metric.floor).toBeGreaterThan(collections - 100);
  };
  await grown(500);
  const before = await liveMemory();
  await grown(2000);
  const after = await liveMemory();
  expect(sender.stats.frames.log).toBeGreaterThan(50);
  await running.close();
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(0.75 * MIB);
  expect(after.heap - before.heap).toBeLessThan(3 * MIB);
});

it('holds nothing of what was published and acknowledged, whatever its length', async () => {
  const uplink = createMqttUplink(station.host);
  await new Promise<void>((resolve, reject) =>
    uplink.connect(
      {
        relay: { host: '127.0.0.1', port: broker.port },
        clientId: 'host-1',
        keepAliveSeconds: 30,
        lastWill: { topic: 'fleet/host-1/status', payload: new Uint8Array(1), retain: true },
        subscribe: ['fleet/host-1/control'],
      },
      { onOpen: resolve, onMessage: () => undefined, onClose: (reason) => reject(new Error(reason)) },
    ),
  );
  const publish = async (from: number, to: number): Promise<void> => {
    for (let bytes = from; bytes < to; bytes++) {
      const error = await new Promise<string | null>((resolve) =>
        uplink.publish('fleet/host-1/log', new Uint8Array(bytes).fill(bytes), { retain: false }, resolve),
      );
      expect(error).toBeNull();
      expect(broker.received.at(-1)?.payload).toEqual(new Uint8Array(bytes).fill(bytes));
      broker.received.length = 0;
    }
  };
  // Lengths around those where MQTT's own length takes another byte are among them.
  await publish(0, 500);
  await publish(16_300, 16_400);
  const before = await liveMemory();
  await publish(500, 3000);
  const after = await liveMemory();
  await new Promise<void>((resolve) => uplink.close(resolve));
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(0.4 * MIB);
  expect(after.heap - before.heap).toBeLessThan(2 * MIB);
});
