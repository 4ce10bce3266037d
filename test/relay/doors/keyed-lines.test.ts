import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LineIntake } from '../../../lib/doors/line-intake.ts';
import type { MetricIntake } from '../../../lib/doors/metric-intake.ts';
import { requestKey } from '../../../lib/doors/request-key.ts';
import { HeliographError } from '../../../lib/errors.ts';
import { Batch } from '../../../lib/ingest/batch.ts';
import type { Journal } from '../../../lib/journal/journal.ts';
import { silentLog } from '../../../lib/log.ts';
import { MaskStage } from '../../../lib/mask/mask.ts';
import { Registry } from '../../../lib/metrics.ts';
import { nodeFiles } from '../../../lib/node-files.ts';
import { DATA_CLASSES, type DataClass } from '../../../proto/class.ts';
import { decodeHeader } from '../../../proto/frame.ts';
import { makeBoot } from '../../../proto/hash.ts';
import { ClientBook } from '../../../relay/doors/client-book.ts';
import { DoorKeys } from '../../../relay/doors/door-keys.ts';
import { DoorIntake } from '../../../relay/doors/intake.ts';
import { decodeRecord } from '../../../relay/record.ts';
import { Sequences } from '../../../relay/sequences.ts';

const FUTURE_MS = 3_600_000;
const START = Date.parse('2026-11-20T12:00:00Z');
const CLIENT = { name: 'shop', anyHost: false };
const KEY = requestKey('a', Buffer.from('body'), START);
const sequences = () =>
  Object.fromEntries(DATA_CLASSES.map((name) => [name, new Sequences(() => 0)])) as Record<DataClass, Sequences>;

let directory: string;
let keys: DoorKeys;
let clock: number;
/** Classes that the journal has no room for. */
let full: DataClass[];
/** What is in the journal: classes, numbers and lines of frames. */
let kept: string[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'keyed-lines-'));
  clock = START;
  full = [];
  kept = [];
});
afterEach(async () => {
  await keys.close();
  rmSync(directory, { recursive: true });
});

const journal = {
  appendDurably: async (dataClass: DataClass, { bytes }: { bytes: Uint8Array }) => {
    if (full.includes(dataClass)) throw new HeliographError('HG_JOURNAL_FULL', dataClass);
    const { sequence, count } = decodeHeader(decodeRecord(bytes)!.frame);
    kept.push(`${dataClass} ${sequence}: ${count}`);
  },
} as unknown as Journal;

async function open(futureMs = FUTURE_MS, numbers = sequences()): Promise<DoorIntake> {
  keys = await DoorKeys.open({ files: nodeFiles, path: join(directory, 'keys.log'), now: () => clock, log: silentLog });
  const counter = (name: string) => new Registry().counter(name, '');
  return new DoorIntake({
    relay: 'r1',
    journal,
    definitions: null as never,
    sequences: numbers,
    pressure: { levels: () => Object.fromEntries(DATA_CLASSES.map((name) => [name, 0])) as never },
    boot: () => makeBoot(1, new Uint8Array(8)),
    now: () => clock,
    metricIntake: { rows: () => ({ rows: [], samples: 0, taken: 0 }) } as unknown as MetricIntake,
    lineIntake: new LineIntake({
      times: { retentionMs: 86_400_000, futureMs },
      mask: new MaskStage({ utf8: () => '', utf8Bytes: (text) => Buffer.from(text) }, []),
    }),
    clients: new ClientBook(),
    keys,
    accepted: counter('accepted_total'),
    repeated: counter('repeated_total'),
    refused: counter('refused_total'),
  });
}

/** A line of each level; the first is so far ahead of the clock that it is not taken yet. */
function request(...levels: string[]): Batch {
  const batch = new Batch();
  for (const [index, level] of levels.entries()) {
    const time = index === 0 ? START + FUTURE_MS + 1000 : START;
    batch.lines.push({ index, time, level, service: '', host: '', message: `${level} ${index}`, fields: {} });
  }
  return batch;
}

test('a retry has the lines that its request had at first, though the clock went on', async () => {
  const intake = await open();
  full = ['log'];
  await expect(intake.take('otlp', CLIENT, request('debug', 'error', 'error', 'info'), KEY)).rejects.toThrow('FULL');
  full = [];
  clock += 2000;
  const taken = await intake.take('otlp', CLIENT, request('debug', 'error', 'error', 'info'), KEY);
  expect([taken.lines, taken.rejected.map(({ index }) => index)]).toEqual([3, [0]]);
  expect(kept).toEqual(['error 1: 2', 'log 1: 1']);
});

test('a body takes no number of another class, host or count of lines, and rather comes twice', async () => {
  const numbers = sequences();
  let intake = await open(FUTURE_MS, numbers);
  full = ['log'];
  const levels = ['debug', 'error', 'info'] as const;
  await expect(intake.take('otlp', CLIENT, request(...levels), KEY)).rejects.toThrow('FULL');
  expect(kept).toEqual(['error 1: 1']);
  await keys.close();
  // A relay of another configuration: its bodies are others, and the first of them is none that was there.
  full = [];
  intake = await open(FUTURE_MS * 2, numbers);
  await intake.take('otlp', CLIENT, request(...levels), KEY);
  expect(kept).toEqual(['error 1: 1', 'debug 1: 1', 'log 1: 1']);
});

test('tries that come together are one after the other, and other content under the key is refused', async () => {
  const intake = await open();
  const tries = await Promise.all([1, 2, 3].map(() => intake.take('otlp', CLIENT, request('info', 'error'), KEY)));
  expect(tries.map(({ lines }) => lines)).toEqual([1, 1, 1]);
  expect(kept).toEqual(['error 1: 1']);
  await keys.close();
  const again = await open();
  const other = requestKey('a', Buffer.from('other'), START);
  await expect(again.take('otlp', CLIENT, request('info', 'error'), other)).rejects.toThrow('HG_DOOR_KEY');
  expect(kept).toHaveLength(1);
});
