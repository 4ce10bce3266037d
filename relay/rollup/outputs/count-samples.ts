import { type Output, single } from './contract.ts';

/** How many samples there were. */
export const countSamples: Output<{ count: number }> = {
  suffix: 'count_samples',
  merges: { plain: ['count_samples'] },
  feed: 'samples',
  start: () => ({ count: 0 }),
  add: (state) => {
    state.count++;
  },
  results: ({ count }) => single(count),
};
