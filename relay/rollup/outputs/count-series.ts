import { type Output, single } from './contract.ts';

/** How many series had a sample. */
export const countSeries: Output<{ count: number }> = {
  suffix: 'count_series',
  merges: { plain: ['count_series'] },
  feed: 'series',
  start: () => ({ count: 0 }),
  add: (state) => {
    state.count++;
  },
  results: ({ count }) => single(count),
};
