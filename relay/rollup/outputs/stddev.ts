import { type Output, single } from './contract.ts';

/** Welford's: count, mean, and the sum of squared distances from it. */
export interface Spread {
  count: number;
  mean: number;
  squares: number;
}

/** The population standard deviation of all samples. */
export const stddev: Output<Spread> = {
  suffix: 'stddev',
  merges: { plain: ['stddev'] },
  feed: 'samples',
  start: () => ({ count: 0, mean: 0, squares: 0 }),
  add: (state, value) => {
    state.count++;
    const away = value - state.mean;
    state.mean += away / state.count;
    state.squares += away * (value - state.mean);
  },
  results: ({ count, squares }) => single(Math.sqrt(squares / count)),
};
