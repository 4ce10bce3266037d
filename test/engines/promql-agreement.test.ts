import { afterAll, beforeAll, expect, test } from 'vitest';
import { evaluateInstant, evaluateRange } from '../../core/promql/evaluate.ts';
import { HeliographError } from '../../lib/errors.ts';
import { seededRandom } from '../../simulator/random.ts';
import { memorySource } from '../core/promql/memory-source.ts';
import type { Answer } from './promql/compare.ts';
import { difference, identical } from './promql/compare.ts';
import { ask, startPrometheus, stopPrometheus } from './promql/prometheus.ts';
import type { Query } from './promql/queries.ts';
import { QueryMaker } from './promql/queries.ts';
import { remoteWrite } from './promql/remote-write.ts';
import { makeSeries, SPAN, START } from './promql/samples.ts';

/** The same samples into the real Prometheus and under our evaluator, and the same queries to both. */
const seed = Number(process.env.HELIOGRAPH_SEED ?? Math.floor(Math.random() * 2 ** 31));
const count = Number(process.env.HELIOGRAPH_QUERIES ?? 3000);
const random = seededRandom(seed);
const series = makeSeries(random);
const source = memorySource(series);
const options = { timeoutMs: 60_000, maxSamples: 50_000_000, lookbackMs: 300_000 };

let url = '';
beforeAll(async () => {
  url = await startPrometheus();
  await remoteWrite(url, series, START, START + SPAN);
});
afterAll(stopPrometheus);

function answer({ text, time, range }: Query): Answer {
  try {
    const data =
      range === undefined
        ? evaluateInstant(text, time, source, options)
        : evaluateRange(text, time, range.end, range.step, source, options);
    return { data };
  } catch (error) {
    if (!(error instanceof HeliographError)) throw error;
    return { error: error.message };
  }
}

test(`${count} queries of seed ${seed} have the answers of the real Prometheus`, async () => {
  const maker = new QueryMaker(random);
  const differing: string[] = [];
  let exact = 0;
  let refused = 0;
  let empty = 0;
  for (let i = 0; i < count; i++) {
    const query = maker.query();
    const theirs = await ask(url, query);
    const ours = answer(query);
    const found = difference(ours, theirs);
    if ('error' in ours && 'error' in theirs) refused++;
    else if ('data' in ours && ours.data.result.length === 0) empty++;
    if (identical(ours, theirs)) exact++;
    if (found !== undefined)
      differing.push(`${query.text} @${query.time} ${JSON.stringify(query.range ?? '')}\n    ${found}`);
  }
  const agreed = count - differing.length;
  console.log(
    `seed ${seed}: ${agreed} of ${count} agree (${((100 * agreed) / count).toFixed(2)} %), ${exact} to the last digit, ${refused} refused by both, ${empty} empty`,
  );
  expect(differing, `seed ${seed}`).toEqual([]);
});
