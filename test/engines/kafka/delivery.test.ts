import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { BusBatch } from '../../../core/ports/bus.ts';
import { silentLog } from '../../../lib/log.ts';
import { Engine } from '../../support/engine.ts';
import { until } from '../../support/until.ts';
import { KafkaUnderTest } from './under-test.ts';

let engine: Engine;
let kafka: KafkaUnderTest;

beforeAll(async () => {
  engine = await Engine.start('kafka');
  kafka = await KafkaUnderTest.make(engine.values.KAFKA_BROKERS!);
});
afterEach(() => kafka.closeAll());
afterAll(async () => {
  await kafka.close();
  await engine.stop();
});

const record = (key: string, value: string) => ({ key, value: Buffer.from(value) });
const texts = (batch: BusBatch) => batch.records.map(({ value }) => Buffer.from(value).toString());
const first = { topic: 'one', group: 'first', from: null, maxBytes: 1_000_000 } as const;
const lagOf = async (bus: { lag(): Promise<readonly { topic: string; group: string; records: number }[]> }) =>
  (await bus.lag()).find((one) => one.topic === 'one' && one.group === 'first')?.records;

test('a record of 1 MiB that no codec makes smaller, and one publish of many of them, come whole', async () => {
  const { bus } = await kafka.open();
  const values = Array.from({ length: 9 }, () => randomBytes(1 << 20));
  const got: Uint8Array[] = [];
  await bus.consume(first, async (batch) => {
    got.push(...batch.records.map(({ value }) => Uint8Array.from(value)));
    expect(batch.records.length).toBe(1);
  });
  await bus.publish('one', [{ key: 'h', value: values[0]! }]);
  await bus.publish(
    'one',
    values.slice(1).map((value) => ({ key: 'h', value })),
  );
  await until('nine', () => got.length === 9);
  expect(got.every((value, i) => Buffer.compare(value, values[i]!) === 0)).toBe(true);
  await expect(bus.publish('one', [{ key: 'h', value: randomBytes(4 << 20) }])).rejects.toMatchObject({
    code: 'HG_BUS_RECORD',
  });
});

test('what is none of ours in the middle of a partition goes on to whoever decodes it, and its neighbours come', async () => {
  const prefix = kafka.prefix();
  const { bus } = await kafka.open({ prefix });
  await bus.publish('one', [record('h', 'before')]);
  await kafka.produce(`${prefix}.one`, 0, [
    { key: null, value: Buffer.from('no key') },
    { key: Buffer.from('h'), value: null },
    { key: Buffer.alloc(100_000, 'k'), value: Buffer.from([0xff, 0, 0x80]) },
    { key: Buffer.from([0xc3, 0x28]), value: Buffer.alloc(3 << 20, 'huge') },
  ]);
  // Another program packs in its own way; the broker packs it anew.
  const other = kafka.client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await other.connect();
  await other.send({
    topic: `${prefix}.one`,
    compression: kafkajs.CompressionTypes.GZIP,
    messages: [{ key: 'g', value: 'gzip', partition: 0 }],
  });
  await other.disconnect();
  await bus.publish('one', [record('h', 'after')]);
  const got: { key: string; bytes: number }[] = [];
  const consumer = await bus.consume(first, async (batch) => {
    got.push(...batch.records.map(({ key, value }) => ({ key: key.slice(0, 3), bytes: value.length })));
    await consumer.commit(batch.next);
  });
  await until('seven', () => got.length === 7);
  expect(got).toEqual([
    { key: 'h', bytes: 6 },
    { key: '', bytes: 6 },
    { key: 'h', bytes: 0 },
    { key: 'kkk', bytes: 3 },
    { key: '\ufffd(', bytes: 3 << 20 },
    { key: 'g', bytes: 4 },
    { key: 'h', bytes: 5 },
  ]);
  await until('all is committed', async () => (await lagOf(bus)) === 0);
});

test('a handler that takes three sessions of time keeps its partitions, gets its batch once and may commit it', async () => {
  const shares: string[] = [];
  const log = { ...silentLog, info: (message: string) => void shares.push(message) };
  const { bus } = await kafka.open({ session: '6s' }, log);
  await bus.publish('one', [record('h', 'slow')]);
  const got: string[] = [];
  const consumer = await bus.consume(first, async (batch) => {
    got.push(...texts(batch));
    await wait(18_000);
    await consumer.commit(batch.next);
  });
  await until('the batch is done', async () => (await lagOf(bus)) === 0, { withinMs: 40_000 });
  expect(got).toEqual(['slow']);
  expect(shares.filter((message) => message.includes('share of a topic'))).toHaveLength(1);
});

test('a partition that is lost in the middle of a handler: its new owner gets the batch, and the loser sets nothing back', async () => {
  const prefix = kafka.prefix();
  const options = { prefix, partitions: 6 };
  const { bus } = await kafka.open(options);
  const all = Array.from({ length: 300 }, (_, i) => `${i}`);
  await bus.publish(
    'one',
    all.map((text) => record(`host-${Number(text) % 30}`, text)),
  );
  const stored = new Set<string>();
  const loser = { position: '', texts: [] as string[] };
  const held = Promise.withResolvers<void>();
  const slow = await bus.consume({ ...first, maxBytes: 20 }, async (batch) => {
    if (loser.position === '') {
      loser.position = batch.next;
      loser.texts = texts(batch);
      await held.promise;
    }
    for (const text of texts(batch)) stored.add(text);
    await slow.commit(batch.next);
  });
  await until('the first is at work', () => loser.position !== '');
  // All of that host, so the new owner has committed beyond what the first one has still to commit.
  const host = Number(loser.texts[0]) % 30;
  const again = () => all.every((text) => Number(text) % 30 !== host || stored.has(text));
  // Who gets a partition is the group's choice: others join until it is one of them.
  for (let others = 0; !again() && others < 8; others++) {
    const { bus: other } = await kafka.open(options);
    const quick = await other.consume(first, async (batch) => {
      for (const text of texts(batch)) stored.add(text);
      await quick.commit(batch.next);
    });
    await until('it has a share', () => again(), { withinMs: 3_000 }).catch(() => undefined);
  }
  const moved = again();
  held.resolve();
  expect(moved).toBe(true);
  await until('all is stored', () => all.every((text) => stored.has(text)), { withinMs: 60_000 });
  await until('all is committed', async () => (await lagOf(bus)) === 0);
  // The late commit of the first would have shown by now.
  await wait(1_000);
  expect(await lagOf(bus)).toBe(0);
});

test('records that the retention took before they were read are counted and said', async () => {
  const prefix = kafka.prefix();
  const { bus } = await kafka.open({ prefix });
  for (let i = 0; i < 20; i++) await bus.publish('one', [record('h', `${i}`)]);
  const consumer = await bus.consume({ ...first, maxBytes: 1 }, async (batch) => {
    if (texts(batch)[0] === '5') throw new Error('not further');
    await consumer.commit(batch.next);
  });
  await until('five are done', async () => (await lagOf(bus)) === 15);
  await consumer.close();
  // The client deletes only in topics whose partitions it has asked for.
  await kafka.admin.fetchTopicOffsets(`${prefix}.one`);
  await kafka.admin.deleteTopicRecords({ topic: `${prefix}.one`, partitions: [{ partition: 0, offset: '10' }] });
  const said: string[] = [];
  const log = { ...silentLog, error: (message: string) => void said.push(message) };
  const next = await kafka.open({ prefix }, log);
  const got: string[] = [];
  await next.bus.consume(first, async (batch) => void got.push(...texts(batch)));
  await until('the rest', () => got.length === 10);
  expect(got[0]).toBe('10');
  expect(said.filter((message) => message.includes('before they were read'))).toHaveLength(1);
  expect(next.registry.render()).toContain('heliograph_core_bus_unread_records_total{topic="one"} 5');
});

test('a position of another bus is nothing to go by, one of an older topic of the same name neither', async () => {
  const prefix = kafka.prefix();
  const { bus } = await kafka.open({ prefix });
  for (let i = 0; i < 10; i++) await bus.publish('one', [record('h', `old ${i}`)]);
  let last = '';
  const consumer = await bus.consume({ ...first, from: 'j1-12345' }, async (batch) => {
    last = batch.next;
  });
  await until('the end', () => last.startsWith('k1-0-10-'));
  await consumer.commit('j1-12345');
  await bus.close();
  await kafka.admin.deleteTopics({ topics: [`${prefix}.one`] });
  await until('it is gone', async () => !(await kafka.admin.listTopics()).includes(`${prefix}.one`));
  const next = await kafka.open({ prefix });
  for (let i = 0; i < 20; i++) await next.bus.publish('one', [record('h', `new ${i}`)]);
  const got: string[] = [];
  await next.bus.consume({ ...first, from: last }, async (batch) => void got.push(...texts(batch)));
  await until('all of the new ones', () => got.length === 20);
  expect(got[0]).toBe('new 0');
});

test('more than may wait is refused for now', async () => {
  const { bus } = await kafka.open({ queueBytes: '1MiB' });
  const many = Array.from({ length: 8 }, () =>
    bus.publish('one', [{ key: 'h', value: randomBytes(600_000) }]).then(
      () => 'in',
      (error: { code: string }) => error.code,
    ),
  );
  const answers = await Promise.all(many);
  expect(answers[0]).toBe('in');
  expect(answers).toContain('HG_CORE_BUSY');
});
