/** Time is passed in, so that tests own it. `now` is wall time in ms since the epoch, `mono` ms on a clock that never steps. */
export interface Clock {
  now(): number;
  mono(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  mono: () => performance.now(),
};
