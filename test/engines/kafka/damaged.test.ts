import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LetterView } from '../../../core/letters/desk.ts';
import type { LogPage } from '../../../core/ports/log-store.ts';
import { imbalance, type Ledger } from '../../../lib/ledger.ts';
import { TestCore } from '../../support/core/core.ts';
import { TestHost } from '../../support/core/host.ts';
import { Engine } from '../../support/engine.ts';
import { until } from '../../support/until.ts';
import { KafkaUnderTest } from './under-test.ts';

/** In a record batch: where its length is counted from, where the checksum's bytes begin, and where the packed records do. */
const AT = { length: 8, sum: 17, summed: 21, records: 61 } as const;

let engine: Engine;
let kafka: KafkaUnderTest;

beforeAll(async () => {
  engine = await Engine.start('kafka');
  kafka = await KafkaUnderTest.make(engine.values.KAFKA_BROKERS!);
});
afterAll(async () => {
  await kafka.close();
  await engine.stop();
});

/** CRC-32C, as Kafka has it over a batch; bit by bit. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** Batches of a segment: where each begins and ends, and its first offset. */
function batchesOf(segment: Buffer) {
  const found: { at: number; end: number; offset: number; records: number }[] = [];
  for (let at = 0; at + AT.records <= segment.length; ) {
    const end = at + AT.length + 4 + segment.readInt32BE(at + AT.length);
    if (end === at + AT.length + 4) break;
    found.push({ at, end, offset: Number(segment.readBigInt64BE(at)), records: segment.readInt32BE(at + 57) });
    at = end;
  }
  return found;
}

test('a batch whose packed data are damaged on the disk is passed over: what stands before and behind it arrives, and a dead letter names it', async () => {
  const core = await TestCore.make();
  const prefix = kafka.prefix();
  const section = {
    bus: 'kafka',
    kafka: { brokers: [kafka.brokers], prefix, partitions: 1, session: '6s', timeout: '10s' },
  };
  const topic = `${prefix}.logs.log`;
  try {
    await core.start(section);
    let relay = await (await core.relay()).hello('north');
    const host = new TestHost('web-1');
    await relay.deliver('log', [host.lines('log', [{ message: 'whole one' }])]);
    const lines = async () => {
      const page = await core.get<LogPage>('/api/v1/logs', { q: 'whole' });
      return page.lines.map(({ message }) => message).sort();
    };
    await until('the first', async () => (await lines()).length === 1);
    await core.stop();

    // Written while nobody reads: a batch of three frames that will be damaged, between two that will not.
    const scratch = await TestCore.make();
    const other = { ...section, kafka: { ...section.kafka } };
    await scratch.start({
      ...other,
      roles: ['gateway'],
      metrics: 'victoriametrics',
      peers: { listen: '127.0.0.1:0' },
      victoriametrics: { addresses: ['http://127.0.0.1:1'] },
    });
    relay = await (await scratch.relay()).hello('north');
    await relay.deliver('log', [host.lines('log', [{ message: 'whole two' }])]);
    await relay.deliver(
      'log',
      Array.from({ length: 3 }, (_, i) => host.lines('log', [{ message: `damaged ${i}` }, { message: 'and more' }])),
    );
    await relay.deliver('log', [host.lines('log', [{ message: 'whole three' }])]);
    await scratch.remove();

    await engine.kill('SIGTERM');
    const folder = join(engine.folder, 'kafka-data', `${topic}-0`);
    const file = join(folder, readdirSync(folder).find((name) => name.endsWith('.log'))!);
    const segment = readFileSync(file);
    const batches = batchesOf(segment);
    const { at, end } = batches.find(({ records }) => records === 3)!;
    // The checksum of the batch is right, as where memory was damaged before the broker wrote it: brokers look at it in more places than clients.
    for (let i = at + AT.records + 8; i < end; i += 5) segment[i]! ^= 0x55;
    segment.writeUInt32BE(crc32c(segment.subarray(at + AT.summed, end)), at + AT.sum);
    writeFileSync(file, segment);
    await engine.restart();

    await core.start(section);
    relay = await (await core.relay()).hello('north');
    await until('what stands behind it', async () => (await lines()).length === 3, { withinMs: 90_000 });
    // And what comes after.
    await relay.deliver('log', [host.lines('log', [{ message: 'whole four' }])]);
    await until('what comes after', async () => (await lines()).length === 4, { withinMs: 30_000 });
    expect(await lines()).toEqual(['whole four', 'whole one', 'whole three', 'whole two']);

    const first = batches.find(({ records }) => records === 3)!.offset;
    const { letters } = await core.get<{ letters: LetterView[] }>('/api/v1/deadletters');
    expect(letters).toMatchObject([
      { kind: 'frame', class: 'log', host: '(bus)', reason: 'damaged_on_bus', code: 'HG_BUS_DAMAGED', kept: true },
    ]);
    expect(letters[0]!.message).toContain(
      `topic ${topic}, partition 0: offsets ${first} to ${first + 2} are passed over, it goes on at ${first + 3}: `,
    );
    const metrics = await (await fetch(core.url('/metrics'))).text();
    expect(metrics).toMatch(/heliograph_core_refused_total\{code="HG_BUS_DAMAGED"\} 3\n/);
    const entry = async () => {
      const { tiers } = await core.get<{ tiers: Ledger[] }>('/api/v1/ledger');
      return tiers.at(-1)!.entries.find((one) => one.class === 'log')!;
    };
    await until('nothing waits', async () => (await entry()).queued.frames === 0);
    expect(imbalance(await entry())).toEqual({ frames: 0, items: 0 });
    expect((await entry()).dropped.damaged_on_bus!.frames).toBe(3);

    // A replay leaves it as it is, and a restart neither meets nor counts it again.
    const replayed = await fetch(core.url('/api/v1/deadletters/replay'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ filter: { all: true } }),
    });
    expect(await replayed.json()).toMatchObject({ replayed: 0, failed: [{ reason: 'damaged_on_bus' }] });
    await core.stop();
    await core.start(section);
    relay = await (await core.relay()).hello('north');
    await relay.deliver('log', [host.lines('log', [{ message: 'whole five' }])]);
    await until('what comes later', async () => (await lines()).length === 5, { withinMs: 30_000 });
    expect((await core.get<{ letters: LetterView[] }>('/api/v1/deadletters')).letters).toHaveLength(1);
    expect((await entry()).dropped.damaged_on_bus!.frames).toBe(3);
    expect(imbalance(await entry())).toEqual({ frames: 0, items: 0 });
  } finally {
    await core.remove();
  }
});
