import { HeliographError } from '../../../../lib/errors.ts';
import type { QueryData } from '../../../ports/metric-store.ts';
import { type InstantSample, numberOf } from '../evaluate-rule.ts';

/** What an instant query at one step of a range would have given. */
export interface Step {
  /** ms since the epoch */
  readonly time: number;
  readonly samples: readonly InstantSample[];
}

/** The answer to a range query, step by step; a step at which there is nothing has no samples. @throws HeliographError HG_QUERY_TYPE */
export function* stepsOf(answer: QueryData, start: number, end: number, step: number): Generator<Step> {
  if (answer.resultType !== 'matrix') throw new HeliographError('HG_QUERY_TYPE', 'a range query gives a matrix');
  const next = answer.result.map(() => 0);
  for (let time = start; time <= end; time += step) {
    const samples: InstantSample[] = [];
    for (const [i, { metric, values }] of answer.result.entries()) {
      const pair = values[next[i]!];
      if (pair === undefined || Math.round(pair[0] * 1000) !== time) continue;
      next[i]!++;
      samples.push({ labels: metric, value: numberOf(pair[1]) });
    }
    yield { time, samples };
  }
}
