/** Time is passed in, so that tests own it. `now` is wall time in ms since the epoch, `mono` ms on a clock that never steps. */
export interface Clock {
  now(): number;
  mono(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  mono: () => performance.now(),
};

/** Wall time as it was at the start, and from then on without steps: for ages and waits. ms since the epoch, about. */
export function steadyTime(clock: Clock): () => number {
  const begin = clock.now() - clock.mono();
  return () => begin + clock.mono();
}
