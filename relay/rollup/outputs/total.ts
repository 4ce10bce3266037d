import { addTo, type Compensated, startSum, sumOf } from '../../../lib/compensated.ts';
import { type Output, single } from './contract.ts';

/** One counter in place of many: it goes up by what they went up by, and never back while its group is known. */
export const total: Output<Compensated> = {
  suffix: 'total',
  merges: { plain: ['total'] },
  feed: 'increases',
  start: startSum,
  add: addTo,
  results: (state, _seconds, before) => single(before + sumOf(state)),
  carry: (state, before) => before + sumOf(state),
};
