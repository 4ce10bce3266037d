import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { QueryData } from '../../../core/ports/metric-store.ts';
import { RollupFigures } from '../../../core/rollup/figures.ts';
import { Merger } from '../../../core/rollup/merger.ts';
import { sketchRecords } from '../../../core/rollup/record.ts';
import { Totals } from '../../../core/rollup/totals.ts';
import { Windows } from '../../../core/rollup/windows.ts';
import { startSum } from '../../../lib/compensated.ts';
import { silentLog } from '../../../lib/log.ts';
import { Registry } from '../../../lib/metrics.ts';
import { startRest } from '../../../lib/window-part.ts';
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
/** The same of the counter. */
let counters: Map<number, number>;
let writes: number;
let mergers: Merger[];
let windows: Windows;
let totals: Totals;
beforeEach(() => {
  time = END;
  bus = new SketchLog();
  stored = new Map();
  counters = new Map();
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
        // As an engine has it that cannot write over.
        const before = counters.get(end) ?? 0;
        if (series.name.endsWith('_total')) counters.set(end, revises ? value : Math.max(before, value));
      }
    },
  };
  const written = { has: async ({ window }: { window: { end: number } }) => stored.has(window.end) };
  totals = new Totals(
    { query: storedTotals },
    () => time,
    () => undefined,
  );
  const touched = { again: async () => ({ parts: new Map(), marks: [] }) };
  const own = { totals, touched, now: () => time, mono: () => performance.now(), log: silentLog };
  mergers.push(await Merger.open({ bus, from: null, windows, written, writer, figures, revises, ...own }));
}

/** Samples of the counter in a range such as [300000ms], as a store has them. */
async function storedTotals(expression: string, at: number): Promise<QueryData> {
  const range = Number(/\[(\d+)ms\]$/.exec(expression)![1]);
  const its = [...counters].filter(([end]) => end > at - range && end <= at).sort(([a], [b]) => a - b);
  const values = its.map(([end, value]): [number, string] => [end / 1000, String(value)]);
  const metric = { __name__: 'took:1s_total', service: 's1000' };
  return { resultType: 'matrix', result: values.length > 0 ? [{ metric, values }] : [] };
}

const send = (relay: string, values: number, end = END, came = time, lateness = 0) =>
  bus.add(sketchRecords(relay, came, windowOf(1, values, end, { lateness }), ''));
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

/** What counters went up by in a window, as a relay has it. */
const sendIncrease = (relay: string, by: number, end: number, lateness = 0) => {
  const { groups, ...window } = windowOf(1, 1, end, { lateness });
  const rest = { ...startRest(), time: 0, value: 0, increase: { ...startSum(), sum: by } };
  const more = { plain: ['total'], interval: 1000, groups: groups.map((group) => ({ ...group, rest })) };
  return bus.add(sketchRecords(relay, time, { ...window, ...more }, ''));
};
const total = (end: number, value: number) => until(`a total of ${value}`, () => counters.get(end) === value);

describe.each([true, false])('a counter, where a value can be written over: %s', (revises) => {
  test('is the sum of all windows, through starts at any time and repeats', async () => {
    let sum = 0;
    await start(revises);
    for (let i = 1; i <= 6; i++) {
      const end = END + i * 20_000;
      time = end;
      for (const relay of ['a', 'b']) await sendIncrease(relay, i, end);
      await sendIncrease('b', i, end);
      sum += 2 * i;
      if (i % 3 === 0) await start(revises);
      await bus.read();
      time = end + GRACE + 1;
      await total(end, sum);
      if (i % 2 === 0) await start(revises);
      await bus.read();
    }
    // After a time in which nothing was read.
    time += OVER - END;
    await start(revises);
    await bus.read();
    await sendIncrease('a', 5, END + 7 * 20_000);
    time += GRACE + 1;
    await total(END + 7 * 20_000, sum + 5);
    expect([...counters.values()]).toEqual([...counters.values()].sort((a, b) => a - b));
  });

  test('has in it what comes for an older window, and so have the values behind it', async () => {
    await start(revises);
    await sendIncrease('a', 10, END);
    await sendIncrease('a', 3, END + 1_000);
    time = END + GRACE + 1_001;
    await total(END + 1_000, 13);
    // A window that nobody had yet.
    await sendIncrease('b', 100, END - 1_000);
    time += GRACE + 1;
    await total(END + 1_000, 113);
    expect(counters.get(END - 1_000)).toBe(100);
    expect(counters.get(END)).toBe(110);
    await start(revises);
    await bus.read();
    await sendIncrease('a', 1, END + 2_000);
    time += GRACE + 2_001;
    await total(END + 2_000, 114);
    if (!revises) return;
    await sendIncrease('b', 1_000, END);
    await total(END + 2_000, 1_114);
    expect(counters.get(END - 1_000)).toBe(100);
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

test('a counter that is let go between its coming and the turn of the sketch that asked for it is asked for again', async () => {
  await start(true);
  const load = totals.load.bind(totals);
  let loads = 0;
  totals.load = async (key, record) => {
    await load(key, record);
    // As a tick does, when nothing of it is remembered.
    if (++loads === 1) totals.drop(key);
  };
  await sendIncrease('a', 5, END);
  expect(loads).toBe(2);
  time = END + GRACE + 1;
  await total(END, 5);
});
