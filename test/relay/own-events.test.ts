import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Journal } from '../../lib/journal/journal.ts';
import { silentLog } from '../../lib/log.ts';
import { Registry } from '../../lib/metrics.ts';
import { encodeEventsBody, joinEventBodies } from '../../proto/event.ts';
import { makeBoot } from '../../proto/hash.ts';
import { OwnEvents } from '../../relay/own-events.ts';
import { decodeRecord } from '../../relay/record.ts';
import { Sequences } from '../../relay/sequences.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A journal that has each record at once, when it is told so, or none; and what was appended: sequence and number of events. */
function place() {
  const appended: [number, number][] = [];
  const disk = { full: false, slow: null as (() => void)[] | null };
  const append = (_class: string, record: { bytes: Uint8Array; items: number }, done: (error?: object) => void) => {
    if (disk.full) return done({ code: 'HG_JOURNAL_DISK' });
    appended.push([decodeRecord(record.bytes)!.sequence, record.items]);
    if (disk.slow) disk.slow.push(() => done());
    else done();
  };
  const metrics = new Registry();
  const events = new OwnEvents({
    journal: { append } as unknown as Journal,
    sequences: new Sequences(() => 0),
    host: 'relay1',
    boot: makeBoot(1, new Uint8Array(8)),
    now: () => 0,
    log: silentLog,
    metrics,
  });
  return { events, appended, disk, metrics };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('the first of a burst goes at once, and what follows goes together', async () => {
  const { events, appended } = place();
  events.tell('host_up', 'h1', {});
  await turn();
  expect(appended).toEqual([[1, 1]]);
  for (let host = 2; host <= 1200; host++) {
    events.tell('host_up', `h${host}`, {});
    await Promise.resolve();
  }
  expect(appended).toHaveLength(1);
  vi.advanceTimersByTime(20);
  vi.advanceTimersByTime(20);
  // A frame has a thousand at most.
  expect(appended).toEqual([
    [1, 1],
    [2, 1000],
    [3, 199],
  ]);
  vi.advanceTimersByTime(20);
  events.tell('host_up', 'h1201', {});
  await turn();
  expect(appended.at(-1)).toEqual([4, 1]);
});

test('what waits for company when the relay closes goes to the journal', async () => {
  const { events, appended } = place();
  events.tell('host_up', 'h1', {});
  await turn();
  events.tell('host_up', 'h2', {});
  await events.close();
  expect(appended).toEqual([
    [1, 1],
    [2, 1],
  ]);
  events.tell('host_up', 'h3', {});
  await turn();
  vi.runAllTimers();
  expect(appended).toHaveLength(2);
});

test('what waits behind a frame that is on its way when the relay closes goes to the journal too', async () => {
  const { events, appended, disk } = place();
  disk.slow = [];
  events.tell('host_up', 'h1', {});
  await turn();
  let durable = false;
  events.tell('frames_dropped', 'h2', {}, () => {
    durable = true;
  });
  const closed = events.close();
  expect(appended).toEqual([[1, 1]]);
  disk.slow.shift()!();
  expect(appended).toEqual([
    [1, 1],
    [2, 1],
  ]);
  disk.slow.shift()!();
  expect(durable).toBe(true);
  await closed;
});

test('a disk that refuses keeps no relay from closing, and says what is given up', async () => {
  const { events, appended, disk, metrics } = place();
  disk.full = true;
  for (const host of ['h1', 'h2']) events.tell('host_up', host, {});
  await turn();
  events.tell('host_up', 'h3', {});
  await events.close();
  expect(appended).toEqual([]);
  expect(metrics.render()).toContain('heliograph_relay_events_dropped_total 3');
});

test('a disk that refused a moment ago is asked once more when the relay closes', async () => {
  const { events, appended, disk } = place();
  disk.full = true;
  events.tell('host_up', 'h1', {});
  await turn();
  disk.full = false;
  await events.close();
  expect(appended).toEqual([[1, 1]]);
});

test('what the disk refused is tried again, and nothing overtakes it', async () => {
  const { events, appended, disk } = place();
  disk.full = true;
  events.tell('host_up', 'h1', {});
  await turn();
  events.tell('host_up', 'h2', {});
  disk.full = false;
  vi.advanceTimersByTime(500);
  vi.advanceTimersByTime(20);
  expect(appended).toEqual([
    [1, 1],
    [2, 1],
  ]);
});

test('large events are spread over frames, and one that no frame can have is given up and counted', async () => {
  const { events, appended, metrics } = place();
  const facts = { text: 'x'.repeat(300_000) };
  expect(events.tell('a', 'h', {})).toBe(true);
  await turn();
  for (let i = 0; i < 4; i++) expect(events.tell('a', 'h', facts)).toBe(true);
  expect(events.tell('a', 'h', { text: 'x'.repeat(600_000) })).toBe(false);
  expect(events.tell('a', 'h', { one: 'x'.repeat(300_000), two: 'x'.repeat(300_000) })).toBe(false);
  expect(events.tell('t'.repeat(300), 'h', {})).toBe(false);
  for (let i = 0; i < 5; i++) vi.advanceTimersByTime(20);
  expect(appended.map(([, items]) => items)).toEqual([1, 1, 1, 1, 1]);
  expect(metrics.render()).toContain('heliograph_relay_events_dropped_total 3');
});

test('events joined are the body that they have together', () => {
  for (const count of [1, 2, 23, 24, 255, 256, 1000]) {
    const all = Array.from({ length: count }, (_, i) => ({ time: i, type: 't', host: `h${i}`, facts: { n: i } }));
    expect(joinEventBodies(all.map((one) => encodeEventsBody([one])))).toEqual(encodeEventsBody(all));
  }
});
