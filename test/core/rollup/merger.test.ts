import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RollupFigures } from '../../../core/rollup/figures.ts';
import { Merger } from '../../../core/rollup/merger.ts';
import { sketchRecords } from '../../../core/rollup/record.ts';
import { Windows } from '../../../core/rollup/windows.ts';
import { silentLog } from '../../../lib/log.ts';
import { Registry } from '../../../lib/metrics.ts';
import { windowOf } from '../../support/core/sketches.ts';
import { until } from '../../support/until.ts';
import { SketchLog } from './sketch-log.ts';

const END = 1_800_000_000_000;
const GRACE = 10_000;
const LATE = 60_000;
const OVER = END + GRACE + LATE;

let time: number;
let bus: SketchLog;
/** What is stored: the number of values, by the window's end. */
let stored: Map<number, number>;
let writes: number;
let mergers: Merger[];
let windows: Windows;
beforeEach(() => {
  time = END;
  bus = new SketchLog();
  stored = new Map();
  writes = 0;
  mergers = [];
});
afterEach(async () => {
  for (const merger of mergers) await merger.close();
});

/** A merger that has nothing in memory, and goes on from what was committed. */
async function start(revises: boolean): Promise<void> {
  await mergers.at(-1)?.close();
  windows = new Windows({ grace: GRACE, late: LATE, maxWindows: 100, maxBytes: 1e6, revises });
  const registry = new Registry();
  const figures = new RollupFigures(registry, registry.counter('refused', 'refused'));
  const writer = {
    write: async (samples: readonly { series: { name: string }; time: number; value: number }[]) => {
      writes++;
      for (const { series, time: end, value } of samples) {
        if (series.name.endsWith('count_samples')) stored.set(end, value);
      }
    },
  };
  const written = { has: async ({ window }: { window: { end: number } }) => stored.has(window.end) };
  const own = { now: () => time, mono: () => performance.now(), log: silentLog };
  mergers.push(await Merger.open({ bus, from: null, windows, written, writer, figures, revises, ...own }));
}

const send = (relay: string, values: number, end = END, came = time, lateness = 0) =>
  bus.add(sketchRecords(relay, came, windowOf(1, values, end, { lateness })));
const waits = (count: number) => until(`${count} windows`, () => windows.size === count);
const writtenAs = (end: number, count: number) => until(`${count} values`, () => stored.get(end) === count);

describe.each([true, false])('where a value can be written over: %s', (revises) => {
  test('a start between two sketches of a window that is done with does not write it anew from one', async () => {
    await start(revises);
    await send('a', 100);
    // It waits much longer, and what comes after it is read again.
    await send('a', 7, END + 1, time, 3_000_000);
    await send('b', 50);
    time = END + GRACE + 1;
    await writtenAs(END, 150);
    time = OVER + 3_600_000 / 2;
    await waits(1);
    await until('a position', () => bus.committed === 1);

    await start(revises);
    await bus.read();
    time = END + 1 + 3_000_000 + GRACE + 1;
    await writtenAs(END + 1, 7);
    expect(stored.get(END)).toBe(150);
  });

  test('a start before a window is done with reads all of its sketches again', async () => {
    await start(revises);
    await send('a', 100);
    await send('a', 7, END + 1, time, 3_000_000);
    await send('b', 50);
    time = END + GRACE + 1;
    await writtenAs(END, 150);
    const before = writes;
    await start(revises);
    await bus.read();
    await until('it is written again', () => writes > before);
    expect(stored.get(END)).toBe(150);
    expect(bus.committed).toBe(0);
  });

  test('what comes by a slow way for a window that is done with is not all of it', async () => {
    await start(revises);
    await send('a', 100);
    time = END + GRACE + 1;
    await writtenAs(END, 100);
    time = OVER + 3_600_000;
    await waits(0);
    const before = writes;
    await send('b', 50, END, END);
    await waits(0);
    expect(writes).toBe(before);
    expect(stored.get(END)).toBe(100);
  });
});

test('windows that overlap all along do not keep the bus from forgetting', async () => {
  await start(true);
  for (let i = 0; i < 50; i++) {
    time = END + i * 10_000;
    await send('a', 10, time);
    await send('b', 10, time - 10_000);
  }
  await writtenAs(END, 20);
  time += 35_000;
  await until('a position', () => bus.committed > 50);
  expect(windows.size).toBeGreaterThan(0);
});

describe.each(['a gateway', 'this process'])('after the clock of %s ran ahead', (whose) => {
  test('windows wait for their grace', async () => {
    await start(true);
    const ahead = END + 3_600_000;
    if (whose === 'this process') time = ahead;
    await send('a', 1, END + 1, ahead);
    time = END;
    await send('a', 100);
    // One whose time is over shows that it was looked what is due.
    await send('a', 3, END - GRACE - 1, END - GRACE - 1);
    await writtenAs(END - GRACE - 1, 3);
    expect(stored.has(END)).toBe(false);
    time = END + GRACE;
    await send('b', 50);
    time = END + GRACE + 1;
    await writtenAs(END, 150);
    time = END + GRACE + 2;
    if (whose === 'a gateway') await writtenAs(END + 1, 1);
  });
});
