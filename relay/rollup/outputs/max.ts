import { type Output, single } from './contract.ts';

/** The greatest sample. */
export const max: Output<{ greatest: number }> = {
  suffix: 'max',
  merges: { plain: ['max'] },
  feed: 'samples',
  start: () => ({ greatest: Number.NEGATIVE_INFINITY }),
  add: (state, value) => {
    if (value > state.greatest) state.greatest = value;
  },
  results: ({ greatest }) => single(greatest),
};
