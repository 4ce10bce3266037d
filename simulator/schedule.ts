import { chance, hash32 } from './hash32.ts';

/** Times of a run that every process and the verifier compute alike. */
export interface Schedule {
  readonly seed: number;
  /** ms since the epoch: step 0 begins. */
  readonly startedAt: number;
  readonly intervalMs: number;
  /** Share of the hosts whose clocks are wrong. */
  readonly skewed: number;
}

/** Wrong clocks are up to this far off, ms: less than what stores refuse. */
const MOST_SKEW_MS = 5 * 60_000;

/** Each host samples at its own moment within the interval, ms. */
export function offsetOf(schedule: Schedule, host: number): number {
  return hash32(schedule.seed, host, 11) % schedule.intervalMs;
}

/** What a host's clock is ahead of the true time, ms; mostly 0. */
export function skewOf(schedule: Schedule, host: number): number {
  if (chance(schedule.seed, host, 12) >= schedule.skewed) return 0;
  const size = 60_000 + (hash32(schedule.seed, host, 13) % (MOST_SKEW_MS - 60_000));
  return hash32(schedule.seed, host, 14) % 2 === 0 ? size : -size;
}

/** When a host samples a step, by its own clock: ms since the epoch. */
export function timeOf(schedule: Schedule, host: number, step: number): number {
  return schedule.startedAt + offsetOf(schedule, host) + step * schedule.intervalMs + skewOf(schedule, host);
}
