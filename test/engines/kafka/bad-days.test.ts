import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { BusBatch } from '../../../core/ports/bus.ts';
import { silentLog } from '../../../lib/log.ts';
import { Engine } from '../../support/engine.ts';
import { until } from '../../support/until.ts';
import { KafkaUnderTest, type OpenedBus } from './under-test.ts';

let engine: Engine;
let kafka: KafkaUnderTest;
const warnings: string[] = [];
const onWarning = (warning: Error) => void warnings.push(`${warning.name}: ${warning.message}`);
const listeners = () => process.eventNames().map((name) => `${String(name)} ${process.listenerCount(name)}`);

beforeAll(async () => {
  process.on('warning', onWarning);
  // A connection that is idle for a while is closed by the broker, as after ten minutes elsewhere; a while longer than a session here too.
  engine = await Engine.start('kafka', { KAFKA_PROPERTIES: 'connections.max.idle.ms=7000' });
  kafka = await KafkaUnderTest.make(engine.values.KAFKA_BROKERS!);
});
afterEach(() => kafka.closeAll());
afterAll(async () => {
  await kafka.close();
  await engine.stop();
  process.off('warning', onWarning);
});

const record = (key: string, value: string) => ({ key, value: Buffer.from(value) });
const first = { topic: 'one', group: 'first', from: null, maxBytes: 100_000 } as const;

/** Collects what comes by key, and commits it. */
async function collect({ bus }: OpenedBus): Promise<Map<string, number[]>> {
  const got = new Map<string, number[]>();
  const consumer = await bus.consume(first, async (batch: BusBatch) => {
    for (const { key, value } of batch.records) {
      got.set(key, [...(got.get(key) ?? []), Number(Buffer.from(value).toString())]);
    }
    // As the indexer has it: the next commit includes this one.
    await consumer.commit(batch.next).catch(() => undefined);
  });
  return got;
}

/** Numbers in order for each key, each again until it is acknowledged, as a relay does. Returns how to stop it, and what was acknowledged by key. */
function publishing({ bus }: OpenedBus, keys: readonly string[]) {
  let stopped = false;
  const acknowledged = new Map<string, number>();
  const refused = new Set<string>();
  const loops = keys.map(async (key) => {
    for (let next = 0; !stopped; ) {
      try {
        await bus.publish('one', [record(key, `${next}`)]);
        acknowledged.set(key, next++);
      } catch (error) {
        refused.add((error as { code: string }).code);
        await wait(100);
      }
    }
  });
  return {
    acknowledged,
    refused,
    stop: async () => {
      stopped = true;
      await Promise.all(loops);
    },
  };
}

/** Everything that was acknowledged is there, and in order: what comes again comes after what it repeats. */
async function expectAll(got: ReadonlyMap<string, number[]>, acknowledged: ReadonlyMap<string, number>): Promise<void> {
  await until(
    'everything that was acknowledged',
    () => [...acknowledged].every(([key, last]) => new Set(got.get(key)).size > last),
    { withinMs: 60_000 },
  );
  for (const [key, last] of acknowledged) {
    const firsts = [...new Set(got.get(key))].slice(0, last + 1);
    expect(firsts).toEqual(Array.from({ length: last + 1 }, (_, i) => i));
  }
}

const KEYS = Array.from({ length: 8 }, (_, i) => `host-${i}`);
const count = (map: ReadonlyMap<string, number>) => [...map.values()].reduce((sum, last) => sum + last + 1, 0);

test('connections that the broker closed for being idle are opened again, and nobody is told no', async () => {
  const opened = await kafka.open();
  const got = await collect(opened);
  for (let i = 0; i < 2; i++) {
    await opened.bus.publish('one', [record('h', `${i}`)]);
    await opened.bus.lag();
    await wait(9_000);
  }
  await opened.bus.publish('one', [record('h', '2')]);
  await until('three', () => got.get('h')?.length === 3);
  expect(opened.health.view().well).toBe(true);
});

test('kill -9 of the broker while eight hosts publish: everything acknowledged is there, in order, and it goes on by itself', async () => {
  const said: string[] = [];
  const log = { ...silentLog, error: (message: string) => void said.push(message) };
  const opened = await kafka.open({ partitions: 3 }, log);
  const got = await collect(opened);
  const work = publishing(opened, KEYS);
  await until('some', () => count(work.acknowledged) > 200);
  await engine.kill();
  const lost = count(work.acknowledged);
  await until('it is told', () => work.refused.has('HG_ENGINE_DOWN'), { withinMs: 120_000 });
  expect(opened.health.view().parts).toMatchObject([{ part: 'bus', well: false }]);
  await engine.restart();
  await until('it goes on', () => count(work.acknowledged) > lost + 200, { withinMs: 120_000 });
  await work.stop();
  await expectAll(got, work.acknowledged);
  expect(opened.health.view().well).toBe(true);
  // Few words for the outage, and ours.
  expect(new Set(said).size).toBeLessThanOrEqual(2);
  expect(said).toContain('an engine cannot be used; data waits before it, and it is looked at again');
});

test('a broker that stops in good order and comes back: everything acknowledged is there, in order', async () => {
  const opened = await kafka.open({ partitions: 3 });
  const got = await collect(opened);
  const work = publishing(opened, KEYS);
  await until('some', () => count(work.acknowledged) > 100);
  await engine.kill('SIGTERM');
  const before = count(work.acknowledged);
  await engine.restart();
  await until('it goes on', () => count(work.acknowledged) > before + 100, { withinMs: 120_000 });
  await work.stop();
  await expectAll(got, work.acknowledged);
  expect(opened.health.view().well).toBe(true);
});

test('closing while the broker is gone comes to an end', async () => {
  const opened = await kafka.open();
  await collect(opened);
  await opened.bus.publish('one', [record('h', '0')]);
  await engine.kill();
  const failed = opened.bus.publish('one', [record('h', '1')]).catch((error: { code: string }) => error.code);
  await kafka.closeAll();
  expect(await failed).toBe('HG_ENGINE_DOWN');
  await engine.restart();
});

test('nothing was said by Node, and nothing is left listening to the process', async () => {
  const before = listeners();
  const opened = await kafka.open();
  const got = await collect(opened);
  await opened.bus.publish('one', [record('h', '0')]);
  await until('it came', () => got.get('h')?.length === 1);
  expect(listeners()).toEqual(before);
  await kafka.closeAll();
  expect(listeners()).toEqual(before);
  expect(warnings).toEqual([]);
});
