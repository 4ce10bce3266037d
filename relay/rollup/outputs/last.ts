import { type Output, single } from './contract.ts';

/** The newest sample by its own time; of several with one time the greatest, so that the order in which they come does not matter. */
export const last: Output<{ time: number; value: number }> = {
  suffix: 'last',
  merges: { plain: ['last'] },
  feed: 'samples',
  start: () => ({ time: Number.NEGATIVE_INFINITY, value: Number.NEGATIVE_INFINITY }),
  add: (state, value, time) => {
    if (time < state.time || (time === state.time && value <= state.value)) return;
    state.time = time;
    state.value = value;
  },
  results: ({ value }) => single(value),
};
