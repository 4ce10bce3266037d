import { expect, test } from 'vitest';
import { seededRandom } from '../../simulator/random.ts';
import { memorySource } from '../core/promql/memory-source.ts';
import { brokenText } from './promql/broken-text.ts';
import { ourAnswer } from './promql/ours.ts';
import { askEngine, buildEngine } from './promql/prometheus-engine.ts';
import { QueryMaker } from './promql/queries.ts';
import type { Alignment } from './promql/samples.ts';
import { makeSeries } from './promql/samples.ts';
import { Tally } from './promql/tally.ts';

/** The same samples and queries under Prometheus 3's own engine and under ours: no difference is excused. */
const seed = Number(process.env.HELIOGRAPH_SEED ?? Math.floor(Math.random() * 2 ** 31));
const count = Number(process.env.HELIOGRAPH_QUERIES ?? 10_000);

test.each<Alignment>(['off-edge', 'on-edge'])(
  `${count} queries of seed ${seed}, samples %s, have the answers of Prometheus 3`,
  async (alignment) => {
    const program = await buildEngine();
    const random = seededRandom(seed);
    const series = makeSeries(random, alignment);
    const maker = new QueryMaker(random, alignment);
    const queries = Array.from({ length: count }, () => maker.query());
    const theirs = await askEngine(program, series, queries);
    const source = memorySource(series);
    const tally = new Tally();
    for (const [i, query] of queries.entries()) tally.add(query, ourAnswer(source, query), theirs[i]!);
    console.log(`seed ${seed}, samples ${alignment}: ${tally.report()}`);
    expect(tally.differing, `seed ${seed}`).toEqual([]);
  },
);

test(`${4 * count} broken texts of seed ${seed} are taken or refused as Prometheus 3 does`, async () => {
  const program = await buildEngine();
  const random = seededRandom(seed);
  const series = makeSeries(random, 'on-edge');
  const queries = Array.from({ length: 4 * count }, () => brokenText(random));
  const theirs = await askEngine(program, series, queries);
  const source = memorySource(series);
  const tally = new Tally();
  for (const [i, query] of queries.entries()) tally.add(query, ourAnswer(source, query), theirs[i]!);
  console.log(`seed ${seed}, broken texts: ${tally.report()}`);
  expect(tally.differing, `seed ${seed}`).toEqual([]);
});
