import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { Health } from '../../core/api/health.ts';
import { EmbeddedBus } from '../../core/bus/embedded.ts';
import type { CoreConfig } from '../../core/config.ts';
import { openKafkaBus } from '../../core/engines/kafka/open.ts';
import { unzstd, utf8 } from '../../core/gateway/tools.ts';
import { GROUP } from '../../core/indexer/indexer.ts';
import { decodeRecord } from '../../core/indexer/record.ts';
import type { Bus } from '../../core/ports/bus.ts';
import { after } from '../../lib/after.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { Registry } from '../../lib/metrics.ts';
import { nodeFiles } from '../../lib/node-files.ts';
import { Ranges } from '../../lib/ranges.ts';
import { decodeFrame, decodeHeader, type FrameHeader } from '../../proto/frame.ts';
import { FLOODED, type Flooded } from './prepared-frames.ts';

/** One in so many frames is taken apart to its lines; of the others the header says how many there are. */
const LOOK_INTO = 20;
const BATCH_BYTES = 4 << 20;

export interface OnTheBus {
  /** Of frames, each counted once. */
  readonly lines: Readonly<Record<Flooded, number>>;
  readonly repeatedFrames: number;
  /** Key and value of all records. */
  readonly bytes: number;
}

/** Opens the bus of a core that has ended, reads all that lies there, and counts it. */
export async function countOnTheBus(config: CoreConfig): Promise<OnTheBus> {
  const bus = await openBus(config);
  const seen = new Map<string, Ranges>();
  const lines: Record<Flooded, number> = { error: 0, log: 0, debug: 0 };
  let repeatedFrames = 0;
  let bytes = 0;
  let frames = 0;
  try {
    for (const name of FLOODED) {
      await readAll(bus, `logs.${name}`, (key, value) => {
        bytes += key.length + value.length;
        const { host, frame } = decodeRecord(value);
        const { boot, sequence, count } = headerOf(frame, frames++ % LOOK_INTO === 0);
        const id = `${host} ${boot} ${name}`;
        let known = seen.get(id);
        if (!known) {
          known = new Ranges();
          seen.set(id, known);
        }
        if (known.add(sequence)) lines[name] += count;
        else repeatedFrames++;
      });
    }
  } finally {
    await bus.close();
  }
  return { lines, repeatedFrames, bytes };
}

function headerOf(frame: Uint8Array, whole: boolean): FrameHeader {
  // Throws where there are not as many lines as it says.
  return whole ? decodeFrame(frame, { unzstd, utf8 }) : decodeHeader(frame);
}

function openBus(config: CoreConfig): Promise<Bus> {
  const topics = FLOODED.map((name) => ({ name: `logs.${name}`, groups: [GROUP, 'count'] }));
  if (config.bus === 'kafka') {
    const health = new Health(() => Date.now());
    return openKafkaBus({
      config: config.kafka,
      topics,
      clock: systemClock,
      log: silentLog,
      registry: new Registry(),
      health,
    });
  }
  return EmbeddedBus.open({
    directory: join(config.dataDir, 'bus'),
    files: nodeFiles,
    now: () => Date.now(),
    crc32,
    timer: after,
    topics,
    segmentBytes: 32 << 20,
    maxBytes: config.limits.busBytes,
    onDamage: (damage) => {
      throw new TypeError(`the bus is damaged: ${JSON.stringify(damage)}`);
    },
  });
}

async function readAll(bus: Bus, topic: string, each: (key: string, value: Uint8Array) => void): Promise<void> {
  const total = await recordsOf(bus, topic);
  if (total === 0) return;
  const done = Promise.withResolvers<void>();
  let count = 0;
  const consumer = await bus.consume(
    { topic, group: 'count', from: null, maxBytes: BATCH_BYTES },
    async ({ records, damaged, next }) => {
      if (damaged) done.reject(new TypeError(`${topic}: ${damaged.why}`));
      try {
        for (const { key, value } of records) each(key, value);
      } catch (error) {
        done.reject(error);
      }
      count += records.length;
      // Of several partitions each goes on only when it is told how far it is.
      await consumer.commit(next);
      if (count >= total) done.resolve();
    },
  );
  await done.promise;
  await consumer.close();
}

async function recordsOf(bus: Bus, topic: string): Promise<number> {
  if (bus.standing) return (await bus.standing(topic, GROUP)).reduce((sum, { end }) => sum + end, 0);
  const lag = await bus.lag();
  return lag.find((one) => one.topic === topic && one.group === GROUP)!.records;
}
