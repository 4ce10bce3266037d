import { type Output, single } from './contract.ts';

/** The least sample. */
export const min: Output<{ least: number }> = {
  suffix: 'min',
  merges: { plain: ['min'] },
  feed: 'samples',
  start: () => ({ least: Number.POSITIVE_INFINITY }),
  add: (state, value) => {
    if (value < state.least) state.least = value;
  },
  results: ({ least }) => single(least),
};
