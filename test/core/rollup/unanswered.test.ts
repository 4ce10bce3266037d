import { expect, test } from 'vitest';
import type { QueryData } from '../../../core/ports/metric-store.ts';
import { readSketchRecord, sketchRecords } from '../../../core/rollup/record.ts';
import { Totals } from '../../../core/rollup/totals.ts';
import { WrittenWindows } from '../../../core/rollup/written.ts';
import { type ErrorCode, HeliographError } from '../../../lib/errors.ts';
import { windowOf } from '../../support/core/sketches.ts';

const END = 1_800_000_000_000;
const record = readSketchRecord(sketchRecords('north', END, windowOf(1, 1, END), '')[0]!.value);

/** Both that ask a store, of one that refuses all. */
function askers(code: ErrorCode) {
  const told: ErrorCode[] = [];
  const query = (): Promise<QueryData> => Promise.reject(new HeliographError(code, 'no'));
  const tell = (why: ErrorCode) => void told.push(why);
  const totals = new Totals({ query }, () => END, tell);
  return { told, totals, written: new WrittenWindows({ query }, () => END, tell) };
}

test('a question that a store refuses for good is told and not asked for ever: counters begin anew, nothing is written over', async () => {
  const { told, totals, written } = askers('HG_QUERY_SYNTAX');
  await totals.load('key', record);
  expect(totals.knows('key', END)).toBe(true);
  expect(totals.knows('key', END - 1)).toBe(false);
  expect(await written.has(record)).toBe(true);
  expect(told).toEqual(['HG_QUERY_SYNTAX', 'HG_QUERY_SYNTAX']);
});

test.each(['HG_ENGINE_DOWN', 'HG_QUERY_TIMEOUT'] as const)('one that it may answer yet waits: %s', async (code) => {
  const { told, totals, written } = askers(code);
  await expect(totals.load('key', record)).rejects.toThrow(code);
  await expect(written.has(record)).rejects.toThrow(code);
  expect(told).toEqual([]);
});
