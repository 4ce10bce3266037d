import { addTo, type Compensated, startSum, sumOf } from '../../../lib/compensated.ts';
import { type Output, single } from './contract.ts';

/** What the counters went up by: sum(increase(x[interval] anchored)), without extrapolation. */
export const increase: Output<Compensated> = {
  suffix: 'increase',
  merges: { plain: ['increase'] },
  feed: 'increases',
  start: startSum,
  add: addTo,
  results: (state) => single(sumOf(state)),
};
