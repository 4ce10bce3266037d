import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { MetricEngine } from '../../../core/metrics/engine.ts';
import type { DayWriting } from '../../../core/metrics/engine-contract.ts';
import type { IncomingFrame } from '../../../core/metrics/intake.ts';
import { type EngineReads, SeriesReader } from '../../../core/metrics/series-reader.ts';
import { pageOf } from '../../contracts/metric-frames.ts';
import { engineSettings, noEvents, readsHere, unmetered, writesHere } from './engine-here.ts';

const NOW = Date.parse('2026-03-05T12:00:00Z');
const DAY = 86_400_000;
const SERIES = 6;
const LONG = process.env.HELIOGRAPH_LONG === '1';
const page = pageOf(Array.from({ length: SERIES }, (_, i) => ['m', { n: `${i}` }] as const));
const directories: string[] = [];

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-moving-'));
  directories.push(directory);
  return directory;
}

function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function frame(sequence: number, times: readonly number[], values: (at: number) => number): IncomingFrame {
  return {
    id: { host: 'h', boot: '00000001aabbccddeeff0011', class: 'metric', sequence },
    target: {},
    rows: [
      {
        page: page.hash,
        times: Float64Array.from(times),
        values: Float64Array.from({ length: times.length * SERIES }, (_, at) => values(at)),
        present: null,
      },
    ],
  };
}

/** What the engine said at this instant, to be used later: as far behind as a thread that evaluates can be. */
function readsOfNow(engine: MetricEngine): EngineReads {
  const reads = readsHere(engine);
  const ids = reads.find([], 0, NOW * 2);
  const labels = reads.labels(ids);
  const slice = reads.head(ids, 0, NOW * 2);
  return { find: () => ids, labels: () => labels, head: () => slice };
}

/** All samples by series, and how many were read to get them. */
function readAll(directory: string, reads: EngineReads): { read: number; samples: Record<string, string> } {
  const reader = new SeriesReader(directory, reads);
  let read = 0;
  const meter = {
    room: () => undefined,
    charge: (more: number) => {
      read += more;
    },
  };
  try {
    const samples: Record<string, string> = {};
    for (const { labels, times, values } of reader.select([], 0, NOW * 2, meter)) {
      samples[labels.n!] = Array.from(times, (time, i) => `${time}=${values[i]}`).join(' ');
    }
    return { read, samples };
  } finally {
    reader.close();
  }
}

test.each(Array.from({ length: LONG ? 100 : 10 }, (_, seed) => seed + 1))(
  'a reader gets each sample once, whatever goes from memory to the files while it reads (seed %i)',
  async (seed) => {
    const random = seeded(seed);
    const directory = folder();
    const model = new Map<string, Map<number, number>>();
    let total = 0;
    let writing = 0;
    let compared = 0;
    const open: { reads: EngineReads; want: Record<string, string>; total: number }[] = [];
    const begin = () => {
      if (writing > 0) return;
      const want: Record<string, string> = {};
      for (const [n, samples] of model) {
        const ascending = [...samples].sort(([a], [b]) => a - b);
        want[n] = ascending.map(([time, value]) => `${time}=${value}`).join(' ');
      }
      open.push({ reads: readsOfNow(engine), want, total });
    };
    const finish = () => {
      for (const { reads, want, total: all } of open.splice(0, 1 + Math.floor(random() * open.length))) {
        const got = readAll(directory, reads);
        expect(got.samples).toEqual(want);
        // Before equal times are thrown together: nothing was read twice either.
        expect(got.read).toBe(all);
        compared++;
      }
    };
    const moment = () => {
      if (random() < 0.4) begin();
      if (random() < 0.4) finish();
    };
    const here = writesHere(directory);
    let failures = 0;
    let cutting = true;
    const days: DayWriting = {
      ...here,
      write: async (...parameters) => {
        moment();
        await here.write(...parameters);
        moment();
        // A checkpoint that is cut off leaves rows behind that are still in memory.
        if (cutting && random() < 0.1) {
          failures++;
          throw new Error('cut off');
        }
      },
      finish: async (...parameters) => {
        moment();
        await here.finish(...parameters);
        moment();
      },
    };
    const engine = await MetricEngine.open(engineSettings(directory), days, noEvents);
    engine.learnPages([page], false);
    const write = async (sequence: number) => {
      const k = 1 + Math.floor(random() * 200);
      const from = NOW - Math.floor(random() * 2) * DAY + sequence * 1_000;
      const times = Array.from({ length: k }, (_, i) => from + i / 1_000).map((time, i) => Math.floor(time) + i);
      writing++;
      await engine.write([frame(sequence, times, (at) => sequence * 1_000 + at)], NOW + DAY);
      writing--;
      times.forEach((time, i) => {
        for (let n = 0; n < SERIES; n++) {
          if (!model.has(`${n}`)) model.set(`${n}`, new Map());
          const samples = model.get(`${n}`)!;
          if (!samples.has(time)) total++;
          samples.set(time, sequence * 1_000 + i * SERIES + n);
        }
      });
    };
    for (let sequence = 1; sequence <= 40; sequence++) {
      await write(sequence);
      moment();
      if (random() > 0.25) continue;
      const under = engine.checkpoint().catch((error: Error) => {
        if (error.message !== 'cut off') throw error;
      });
      if (random() < 0.5) await write(sequence + 1_000);
      await under;
      moment();
    }
    while (open.length > 0) finish();
    begin();
    finish();
    expect(compared).toBeGreaterThan(5);
    expect(failures).toBeLessThan(40);
    cutting = false;
    await engine.checkpoint();
    await engine.close();
  },
);

test('a day that is deleted under a reader is gone for it, and one that comes again under the name is not mixed up with it', async () => {
  const directory = folder();
  const engine = await MetricEngine.open(
    { ...engineSettings(directory), maxBytes: 1 },
    writesHere(directory),
    noEvents,
  );
  engine.learnPages([page], false);
  const early = NOW - 3 * DAY;
  await engine.write([frame(1, [early], () => 1), frame(2, [NOW], () => 2)], NOW);
  await engine.checkpoint();
  const before = readsOfNow(engine);
  const reader = new SeriesReader(directory, readsHere(engine));
  const valuesOf = (one: SeriesReader) => one.select([], 0, NOW * 2, unmetered).map(({ values }) => [...values]);
  expect(valuesOf(reader)[0]).toEqual([1, 2]);
  // Deletes all days but the newest.
  await engine.retain(NOW);
  const late = new SeriesReader(directory, before);
  expect(valuesOf(late)[0]).toEqual([2]);
  await engine.write([frame(3, [early + 1], () => 3)], NOW);
  await engine.checkpoint();
  // The reader that has the deleted file open, and one that learned of the day before it was deleted.
  expect(valuesOf(reader)[0]).toEqual([3, 2]);
  expect(valuesOf(late)[0]).toEqual([2]);
  late.close();
  reader.close();
  await engine.close();
});

test('memory is handed over in pieces of bounded size', async () => {
  const directory = folder();
  const engine = await MetricEngine.open(engineSettings(directory), writesHere(directory), noEvents);
  engine.learnPages([page], false);
  const random = seeded(7);
  const times = Array.from({ length: 30_000 }, (_, i) => NOW + i);
  await engine.write([frame(1, times, () => random() / 3)], NOW);
  const reads = readsHere(engine);
  const ids = reads.find([], 0, NOW * 2);
  const first = reads.head(ids, 0, NOW * 2);
  expect(first.series).toBeLessThan(SERIES);
  expect(first.bytes.length).toBeLessThan(2 ** 21);
  // What lies outside the range is not handed over at all.
  expect(reads.head(ids, NOW + 60_000, NOW * 2).bytes.length).toBe(0);
  expect(reads.head(ids, NOW + 1_000, NOW + 1_100).bytes.length).toBeLessThan(SERIES * 4_000);
  const { read, samples } = readAll(directory, reads);
  expect(read).toBe(times.length * SERIES);
  expect(Object.keys(samples)).toHaveLength(SERIES);
  await engine.close();
});

test('a reader is stopped before it takes the memory', async () => {
  const directory = folder();
  const engine = await MetricEngine.open(engineSettings(directory), writesHere(directory), noEvents);
  engine.learnPages([page], false);
  const times = Array.from({ length: 6_000 }, (_, i) => NOW + i);
  await engine.write([frame(1, times, (at) => at)], NOW);
  await engine.checkpoint();
  const reader = new SeriesReader(directory, readsHere(engine));
  let most = 0;
  let kept = 0;
  const limit = 1_000;
  const meter = {
    room: (samples: number) => {
      most = Math.max(most, kept + samples);
      if (kept + samples > limit) throw new Error('too much');
    },
    charge: (samples: number) => {
      kept += samples;
    },
  };
  expect(() => reader.select([], 0, NOW * 2, meter)).toThrow('too much');
  // A chunk above the limit was announced, and not one more was decoded.
  expect(most).toBeLessThanOrEqual(limit + 120);
  expect(kept).toBe(0);
  // The samples of the attempt do not come with the next.
  const all = reader.select([], 0, NOW * 2, unmetered);
  expect(all.map((one) => one.times.length)).toEqual(Array(SERIES).fill(times.length));
  reader.close();
  await engine.close();
});
