import { Health } from '../core/api/health.ts';
import { kafkaConfig } from '../core/engines/kafka/config.ts';
import { openKafkaBus } from '../core/engines/kafka/open.ts';
import { encodeRecord } from '../core/indexer/record.ts';
import type { Bus, BusRecord } from '../core/ports/bus.ts';
import { silentLog } from '../lib/log.ts';
import { Registry } from '../lib/metrics.ts';
import { TestHost } from '../test/support/core/host.ts';
import { Engine } from '../test/support/engine.ts';
import { collectGarbage } from './process/collect-garbage.ts';
import { cpuSecondsOf } from './process/figures.ts';
import type { BenchResult } from './result.ts';

const HOSTS = 200;
/** Records of one publish: what a relay's block has of a class. */
const BLOCK = 50;
const AT_ONCE = 4;
const TOPIC = 'logs.log';
const LINES = Number(process.env.HELIOGRAPH_BENCH_LINES ?? 400_000);

/** The bus on a real Kafka of one broker: what publishing and consuming costs this process, and the broker. */
export async function run(): Promise<BenchResult[]> {
  const engine = await Engine.start('kafka');
  try {
    const brokers = [engine.values.KAFKA_BROKERS!];
    // Compiled and connected before the clock starts.
    const pid = await engine.pid();
    await measure(brokers, pid, 'warm', 200, LINES / 10);
    return [
      ...(await measure(brokers, pid, 'full', 500, LINES)),
      ...(await measure(brokers, pid, 'small', 5, LINES / 8)),
    ];
  } finally {
    await engine.stop();
  }
}

async function measure(
  brokers: string[],
  pid: number,
  prefix: string,
  perFrame: number,
  lines: number,
): Promise<BenchResult[]> {
  const config = kafkaConfig.parse({ brokers, prefix });
  const clock = { now: () => Date.now(), mono: () => performance.now() };
  const health = new Health(() => Date.now());
  const topics = [{ name: TOPIC, groups: ['indexer'] }];
  const bus = await openKafkaBus({ config, topics, clock, log: silentLog, registry: new Registry(), health });
  try {
    const { records, raw } = makeRecords(perFrame, lines);
    const broker = cpuSecondsOf(pid);
    const sent = await costOf(() => publish(bus, records));
    const taken = await costOf(() => consume(bus, records.length));
    const brokerCpu = cpuSecondsOf(pid) - broker;
    const size = records.reduce((sum, { value }) => sum + value.length, 0);
    const of = `frames of ${perFrame} lines`;
    const note = `${Math.round(raw / lines)} bytes a line, ${(size / lines).toFixed(1)} of it on the bus; one broker, every send fsynced`;
    const figures = (what: string, { cpu, seconds }: { cpu: number; seconds: number }): BenchResult[] => [
      { name: `Kafka, ${what}, ${of}`, value: (cpu / lines) * 1e6, unit: 'CPU s per million lines', note },
      { name: `Kafka, ${what}, ${of}`, value: (cpu / raw) * 1e9, unit: 'CPU s per GB of lines' },
      { name: `Kafka, ${what}, ${of}`, value: raw / 1e6 / seconds, unit: 'MB of lines/s' },
    ];
    return [
      ...figures('publish', sent),
      ...figures('consume', taken),
      {
        name: `Kafka, the broker, both, ${of}`,
        value: (brokerCpu / lines) * 1e6,
        unit: 'CPU s per million lines',
        note: 'one copy; its code is hardly compiled yet',
      },
    ];
  } finally {
    await bus.close();
  }
}

/** Blocks of one after another host's frames, four at once as the lanes of a gateway send them. */
async function publish(bus: Bus, records: readonly BusRecord[]): Promise<void> {
  let next = 0;
  const one = async () => {
    while (next < records.length) {
      const block = records.slice(next, next + BLOCK);
      next += BLOCK;
      await bus.publish(TOPIC, block);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

async function consume(bus: Bus, records: number): Promise<void> {
  const done = Promise.withResolvers<void>();
  let got = 0;
  const options = { topic: TOPIC, group: 'indexer', from: null, maxBytes: 1 << 20 };
  const consumer = await bus.consume(options, async (batch) => {
    await consumer.commit(batch.next);
    got += batch.records.length;
    if (got >= records) done.resolve();
  });
  await done.promise;
  await consumer.close();
}

function makeRecords(perFrame: number, lines: number): { records: BusRecord[]; raw: number } {
  const hosts = Array.from({ length: HOSTS }, (_, i) => new TestHost(`host-${i}`));
  const start = Date.now() - 60_000;
  let raw = 0;
  let id = 0;
  const records = Array.from({ length: lines / perFrame }, (_, i) => {
    const host = hosts[i % HOSTS]!;
    const frame = host.lines(
      'log',
      Array.from({ length: perFrame }, () => {
        id++;
        const message = `payment of order ${id * 7919} for user ${(id * 104729) % 65_521} took ${id % 977} ms, retry ${id % 3} through upstream pool ${id % 31}`;
        raw += message.length;
        return {
          time: start + (id % 50_000),
          service: `service-${id % 20}`,
          message,
          fields: { trace: id.toString(36) },
        };
      }),
    );
    const value = encodeRecord({ relay: 'north', site: 'north', lane: 'live', ...frame });
    return { key: host.name, value };
  });
  return { records, raw };
}

async function costOf(work: () => Promise<void>): Promise<{ cpu: number; seconds: number }> {
  // The garbage of making the records is not theirs who send them.
  collectGarbage();
  const start = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / 1e6, seconds: (performance.now() - start) / 1000 };
}
