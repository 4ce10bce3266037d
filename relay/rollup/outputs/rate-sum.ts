import { addTo, type Compensated, startSum, sumOf } from '../../../lib/compensated.ts';
import { type Output, single } from './contract.ts';

/** What the counters went up by a second: sum(rate(x[interval] anchored)). */
export const rateSum: Output<Compensated> = {
  suffix: 'rate_sum',
  merges: { plain: ['rate_sum'] },
  feed: 'increases',
  start: startSum,
  add: addTo,
  results: (state, seconds) => single(sumOf(state) / seconds),
};
