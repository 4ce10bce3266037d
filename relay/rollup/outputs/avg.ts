import { addTo, type Compensated, startSum, sumOf } from '../../../lib/compensated.ts';
import { type Output, single } from './contract.ts';

interface Mean extends Compensated {
  count: number;
}

/** The mean of all samples, each of the same weight. */
export const avg: Output<Mean> = {
  suffix: 'avg',
  merges: { plain: ['avg'] },
  feed: 'samples',
  start: () => ({ ...startSum(), count: 0 }),
  add: (state, value) => {
    addTo(state, value);
    state.count++;
  },
  results: (state) => single(sumOf(state) / state.count),
};
