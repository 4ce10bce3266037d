import { DayWriter } from '../../../core/metrics/day-writer.ts';
import type { MetricEngine } from '../../../core/metrics/engine.ts';
import type { DayWriting, EngineEvents, EngineSettings } from '../../../core/metrics/engine-contract.ts';
import type { EngineReads, Meter } from '../../../core/metrics/series-reader.ts';
import { atOnce } from '../../../core/metrics/turns.ts';

/** The days' files written in the thread of the test. */
export function writesHere(directory: string): DayWriting {
  const writer = new DayWriter(directory);
  return {
    write: async (day, generation, rows) => writer.write(day, generation, rows),
    finish: async (day, bits) => writer.finish(day, bits),
    remove: async (day) => writer.remove(day),
    close: async () => writer.closeAll(),
  };
}

export function engineSettings(directory: string): EngineSettings {
  return {
    directory,
    retentionDays: 30,
    maxBytes: 1e9,
    futureMs: 3_600_000,
    lingerMs: 0,
    headBytes: 1e9,
    segmentBytes: 20_000,
  };
}

/** For tests in which nothing may go wrong. */
export const noEvents: EngineEvents = {
  damaged: (segment, bytes) => {
    throw new Error(`segment ${segment}: ${bytes} bytes damaged`);
  },
  checkpointed: () => undefined,
  checkpointFailed: (error) => {
    throw error;
  },
  damagedDay: () => undefined,
  removedDay: () => undefined,
};

/** The engine read in the thread of the test. */
export function readsHere(engine: MetricEngine): EngineReads {
  return {
    find: (sets, start, end) => atOnce(engine.find(sets, start, end)),
    labels: (ids) => engine.labels(ids),
    head: (ids, start, end) => engine.head(ids, start, end),
  };
}

export const unmetered: Meter = { room: () => undefined, charge: () => undefined };
