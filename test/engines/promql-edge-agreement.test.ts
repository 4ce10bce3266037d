import { expect, test } from 'vitest';
import { memorySource } from '../core/promql/memory-source.ts';
import { load } from '../core/promql/notation.ts';
import { edgeQueries, edgeTexts } from './promql/edge-cases.ts';
import { EDGE_DATA } from './promql/edge-data.ts';
import { ourAnswer } from './promql/ours.ts';
import { askEngine, buildEngine } from './promql/prometheus-engine.ts';
import type { Query } from './promql/queries.ts';
import { Tally } from './promql/tally.ts';

/** Queries thought of, not made by chance: the same samples and queries under Prometheus 3's own engine and under ours. */
const series = load(EDGE_DATA);
const source = memorySource(series);
const MINUTE = 60_000;
/** On a sample, beside one, after the last ones; with one step, with steps wider than ranges, beyond both ends, the end on no step. */
const WHEN: readonly Omit<Query, 'text'>[] = [
  { time: 5 * MINUTE },
  { time: 9 * MINUTE + 30_000 },
  { time: 0 },
  { time: 15 * MINUTE },
  { time: 4 * MINUTE, range: { end: 4 * MINUTE, step: MINUTE } },
  { time: 0, range: { end: 14 * MINUTE, step: 4 * MINUTE } },
  { time: MINUTE, range: { end: 20 * MINUTE, step: 30_000 } },
];

async function compare(queries: readonly Query[]): Promise<void> {
  const theirs = await askEngine(await buildEngine(), series, queries);
  const tally = new Tally();
  for (const [i, query] of queries.entries()) tally.add(query, ourAnswer(source, query), theirs[i]!);
  console.log(tally.report());
  expect(tally.differing).toEqual([]);
}

test('queries at the edges have the answers of Prometheus 3', async () => {
  await compare(edgeQueries().flatMap((text) => WHEN.map((when) => ({ text, ...when }))));
});

test('texts at the edges of the grammar are taken or refused as Prometheus 3 does', async () => {
  await compare(edgeTexts().map((text) => ({ text, time: 0 })));
});
