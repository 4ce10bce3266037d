import { addTo, type Compensated, startSum, sumOf } from '../../../lib/compensated.ts';
import { type Output, single } from './contract.ts';

/** The sum of all samples: sum(sum_over_time(x[interval])). */
export const sumSamples: Output<Compensated> = {
  suffix: 'sum_samples',
  merges: { plain: ['sum_samples'] },
  feed: 'samples',
  start: startSum,
  add: addTo,
  results: (state) => single(sumOf(state)),
};
