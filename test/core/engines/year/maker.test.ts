import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Behind } from '../../../../core/engines/victoriametrics/year/behind.ts';
import { YearLedger } from '../../../../core/engines/victoriametrics/year/ledger.ts';
import { type MakerParts, type Part, WindowMaker } from '../../../../core/engines/victoriametrics/year/maker.ts';
import { Revisions } from '../../../../core/engines/victoriametrics/year/revision.ts';
import type { SeriesSamples } from '../../../../core/ports/metric-store.ts';
import { FrameLedger } from '../../../../core/seen/frame-ledger.ts';
import { HeliographError } from '../../../../lib/errors.ts';
import { silentLog } from '../../../../lib/log.ts';
import { until } from '../../../support/until.ts';

const W = 300_000;
const FULL = 100 * W;
const NOW = 1_000 * W;
let folder: string;
let frames: FrameLedger;
let maker: WindowMaker | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heliograph-year-maker-'));
  frames = new FrameLedger(folder, 'test.db');
});
afterEach(async () => {
  await maker?.close();
  maker = null;
  frames.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A maker over one series that has a sample at the beginning of every window, and what it did. */
function make(first: number, changes: Partial<MakerParts> = {}, elsewhere: { elsewhere?: () => number } = {}) {
  const ledger = new YearLedger({ database: frames.database, path: frames.path, windowMs: W, ...elsewhere }, first);
  const revisions = new Revisions(W, FULL);
  const reads: [number, number][] = [];
  const parts: Part[] = [];
  const stamps: number[] = [];
  const lost: [number, string][] = [];
  const troubles: (string | null)[] = [];
  const clock = { now: NOW };
  const made: MakerParts = {
    ledger,
    revisions,
    reader: {
      names: async () => ['m'],
      async *samples(of, start, end): AsyncGenerator<SeriesSamples> {
        reads.push([start / W, end / W]);
        parts.push(of);
        const times = [];
        for (let time = Math.ceil(start / W) * W; time <= end; time += W) times.push(time);
        yield { labels: { __name__: 'm' }, times: Float64Array.from(times), values: Float64Array.from(times) };
      },
    },
    write: async (_, at) => {
      stamps.push(...at.filter((stamp) => stamp !== null));
      return { samples: at.length, durable: Promise.resolve() };
    },
    ready: () => true,
    windowMs: W,
    graceMs: 2 * W,
    everyMs: W,
    seamMs: 3 * W,
    againMs: 60_000,
    fullMs: FULL,
    visibleMs: 0,
    enteredMs: () => 0,
    now: () => clock.now,
    mono: () => 0,
    timer: (run) => {
      const soon = setImmediate(run);
      return () => clearImmediate(soon);
    },
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    log: silentLog,
    onMade: () => undefined,
    onLost: (windows, why) => lost.push([windows, why]),
    onTrouble: (error) => troubles.push(error?.code ?? null),
    ...changes,
  };
  maker = new WindowMaker(made);
  maker.start();
  const mark = (time: number, instance = '') => {
    const late = ledger.lateOf([[time, instance]]);
    ledger.mark(late, clock.now);
    ledger.marked(late);
  };
  return { ledger, reads, parts, stamps, lost, troubles, clock, mark, revisions };
}

test('catches up in spans of 24 windows up to the grace, each window once', async () => {
  const { ledger, reads, stamps } = make(NOW - 60 * W);
  await until('all are computed', () => ledger.watermark === NOW - 2 * W);
  expect(reads.map(([start, end]) => [start, Math.ceil(end)])).toEqual([
    [937, 964],
    [961, 988],
    [985, 998],
  ]);
  expect(stamps).toHaveLength(58);
  expect(new Set(stamps.map((stamp) => Math.floor(stamp / W)))).toEqual(
    new Set(Array.from({ length: 58 }, (_, i) => 940 + i)),
  );
});

test('a late window is computed again with those whose increase may begin in it, when samples have gathered', async () => {
  const { ledger, stamps, clock, mark } = make(NOW - 20 * W);
  await until('all are computed', () => ledger.watermark === NOW - 2 * W);
  const before = stamps.splice(0);
  mark(NOW - 10 * W + 5);
  expect(ledger.late).toBe(1);
  clock.now += 59_999;
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(stamps).toEqual([]);
  clock.now += 1;
  await until('it is computed again', () => ledger.late === 0);
  expect(stamps.map((stamp) => Math.floor(stamp / W))).toEqual([990, 991, 992, 993]);
  for (const stamp of stamps) {
    expect(stamp).toBeGreaterThan(before.find((one) => Math.floor(one / W) === Math.floor(stamp / W))!);
  }
});

test('late windows of some hosts are computed for those alone, 50 at once, and of all where that is marked', async () => {
  const { ledger, reads, parts, clock, mark } = make(NOW - 20 * W);
  await until('all are computed', () => ledger.watermark === NOW - 2 * W);
  parts.length = 0;
  reads.length = 0;
  for (let i = 0; i < 60; i++) mark(NOW - 10 * W, `host-${i}`);
  mark(NOW - 8 * W, 'host-1');
  clock.now += 60_000;
  await until('they are computed again', () => ledger.late === 0);
  expect(parts.map((part) => part.length)).toEqual([50, 10]);
  expect(parts.flat()).toHaveLength(60);
  expect(parts.find((part) => part.includes('host-1'))).toBe(parts[0]);
  expect(reads.map(([start, end]) => [start, Math.ceil(end)])).toEqual([
    [987, 996],
    [987, 994],
  ]);
  parts.length = 0;
  mark(NOW - 10 * W, 'host-1');
  mark(NOW - 9 * W);
  clock.now += 60_000;
  await until('all are computed again', () => ledger.late === 0);
  expect(parts).toEqual(['m']);
});

test('new windows gather, and are computed together', async () => {
  const { ledger, reads, clock } = make(NOW - 20 * W, { everyMs: 3 * W });
  await until('all are computed', () => ledger.watermark === NOW - 2 * W);
  reads.length = 0;
  clock.now += 3 * W - 1;
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(ledger.watermark).toBe(NOW - 2 * W);
  clock.now += 1;
  await until('they are computed', () => ledger.watermark === NOW + W);
  expect(reads.map(([start]) => start)).toEqual([995]);
});

test('what is entered while its window is read, or before the engine shows it, is late', async () => {
  let entered = 0;
  const reader: MakerParts['reader'] = {
    names: async () => ['m'],
    async *samples() {
      // Of a window of the span that is read now.
      if (entered++ === 0) made.mark(NOW - 5 * W, 'host');
      yield { labels: { __name__: 'm' }, times: Float64Array.of(NOW - 5 * W), values: Float64Array.of(1) };
    },
  };
  const made = make(NOW - 20 * W, { reader });
  await until('all are computed', () => made.ledger.watermark === NOW - 2 * W);
  expect(made.ledger.late).toBe(1);
  expect(made.stamps.filter((stamp) => Math.floor(stamp / W) === 995)).toHaveLength(1);
  made.clock.now += 60_000;
  await until('it is computed again', () => made.ledger.late === 0);
  expect(made.stamps.filter((stamp) => Math.floor(stamp / W) === 995)).toHaveLength(2);
});

test('late windows do not starve new ones, nor the other way', async () => {
  const { ledger, reads, clock, mark } = make(NOW - 10 * W);
  await until('all are computed', () => ledger.watermark === NOW - 2 * W);
  reads.length = 0;
  for (const window of [3, 4, 5]) mark(NOW - window * W);
  clock.now += 40 * W;
  await until('both are done', () => ledger.late === 0 && ledger.watermark === NOW + 38 * W);
  expect(reads.map(([start]) => start)).toEqual([992, 995, 1019]);
});

test('what the full tier has no more is lost, counted, and the rest goes on', async () => {
  const { ledger, lost, clock, mark } = make(NOW - 20 * W);
  await until('all are computed', () => ledger.watermark === NOW - 2 * W);
  mark(NOW - 15 * W);
  clock.now += 90 * W;
  await until('it goes on', () => ledger.watermark === NOW + 88 * W);
  expect(lost).toEqual([[1, 'late_too_old']]);
  expect(ledger.late).toBe(0);
  clock.now += 200 * W;
  await until('it goes on again', () => ledger.watermark === NOW + 288 * W);
  // Windows 1088 to 1193: the first that is whole, with its seam, begins 96 windows before now.
  expect(lost.slice(1)).toEqual([[106, 'too_old']]);
});

test('a window that can have no later revision stays as it is, counted, and holds up no other', async () => {
  const { ledger, lost, stamps, clock, mark, revisions } = make(NOW - 20 * W);
  await until('all are computed', () => ledger.watermark === NOW - 2 * W);
  frames.database.prepare('UPDATE year_revision SET revision = ? WHERE start = ?').run(revisions.most, NOW - 10 * W);
  stamps.length = 0;
  mark(NOW - 10 * W);
  clock.now += 60_000;
  await until('it is given up', () => ledger.late === 0);
  expect(lost).toEqual([[1, 'no_revision']]);
  expect(stamps.map((stamp) => Math.floor(stamp / W))).toEqual([991, 992, 993]);
});

test('a write that fails: said, nothing is called done, and the next try has a later revision', async () => {
  let fail = true;
  const { ledger, troubles, stamps } = make(NOW - 10 * W, {
    write: async (_, at) => {
      stamps.push(...(at as number[]));
      if (fail) throw new HeliographError('HG_ENGINE_DOWN', 'gone');
      return { samples: 1, durable: Promise.resolve() };
    },
  });
  await until('it was tried', () => troubles.length >= 2);
  expect(new Set(troubles)).toEqual(new Set(['HG_ENGINE_DOWN']));
  expect(ledger.watermark).toBe(NOW - 10 * W);
  fail = false;
  await until('it is done', () => ledger.watermark === NOW - 2 * W);
  const first = stamps.filter((stamp) => Math.floor(stamp / W) === 990);
  expect(first.length).toBeGreaterThan(2);
  expect(first).toEqual([...new Set(first)].sort((a, b) => a - b));
});

test('what was written and is not durable is not done', async () => {
  const durable = Promise.withResolvers<void>();
  const { ledger, stamps } = make(NOW - 10 * W, {
    write: async (_, at) => {
      stamps.push(...(at as number[]));
      return { samples: 1, durable: durable.promise };
    },
  });
  await until('it was written', () => stamps.length > 0);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(ledger.watermark).toBe(NOW - 10 * W);
  durable.resolve();
  await until('it is done', () => ledger.watermark === NOW - 2 * W);
});

test('behind: an hour, and no better than ten minutes before', () => {
  const minute = 60_000;
  const behind = new Behind();
  expect(behind.judge(30 * 24 * 60 * minute, 0)).toBe(false);
  expect(behind.judge(29 * 24 * 60 * minute, 10 * minute)).toBe(false);
  expect(behind.judge(29 * 24 * 60 * minute, 15 * minute)).toBe(false);
  expect(behind.judge(29 * 24 * 60 * minute, 20 * minute)).toBe(true);
  expect(behind.judge(28 * 24 * 60 * minute, 30 * minute)).toBe(false);
  expect(behind.judge(59 * minute, 31 * minute)).toBe(false);
  expect(behind.judge(61 * minute, 33 * minute)).toBe(false);
  expect(behind.judge(71 * minute, 43 * minute)).toBe(true);
  expect(behind.judge(10 * minute, 44 * minute)).toBe(false);
});

test('where another process computes them first, only late ones are computed here; who takes over begins with all there is', async () => {
  let computed = NOW - 2 * W;
  const { ledger, stamps, clock, mark, parts } = make(NOW - 20 * W, {}, { elsewhere: () => computed });
  mark(NOW - 2 * W, 'web-1');
  expect(ledger.late).toBe(0);
  mark(NOW - 10 * W + 5, 'web-1');
  expect(ledger.late).toBe(1);
  // By the clock alone: nothing is computed here in between.
  computed += 2 * W;
  mark(NOW - 2 * W, 'web-1');
  expect(ledger.late).toBe(2);
  clock.now += 60_000;
  await until('both are computed again', () => ledger.late === 0);
  expect(new Set(parts.flat())).toEqual(new Set(['web-1']));
  const first = stamps.map((stamp) => Math.floor(stamp / W));
  expect(first).toEqual([990, 991, 992, 993, 994, 995, 996, 997, 998, 999]);
  await maker?.close();
  const taken = make(NOW - 20 * W);
  await until('all are computed', () => taken.ledger.watermark === NOW - 2 * W);
  expect(new Set(taken.stamps.map((stamp) => Math.floor(stamp / W)))).toEqual(
    new Set(Array.from({ length: 18 }, (_, i) => 980 + i)),
  );
});
