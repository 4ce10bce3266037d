import type { Clock } from '../lib/clock.ts';

/** Numbers of one worker lie so far apart, and those of the others between them. */
const STEP = 64;
const PER_MS = 1000;

/**
 * Numbers connections so that they grow over restarts, and over all workers of a relay: the newer connection of a host has
 * the larger number, whichever worker it is at, and no two have the same. By the clock of the machine, which all of them share.
 * @param worker below `STEP`
 */
export function connectionNumbers(clock: Clock, worker: number): () => number {
  let last = 0;
  return () => {
    const byClock = Math.floor((clock.now() * PER_MS) / STEP) * STEP + worker;
    last = Math.max(byClock, last + STEP);
    return last;
  };
}
