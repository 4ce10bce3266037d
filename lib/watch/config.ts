import { z } from 'zod';
import { address, duration } from '../config/duration.ts';

const LEAST_MS = 500;
const MOST_MS = 60_000;

/** Where watches are. */
export const watchAddresses = () => z.array(address()).min(1).max(8);
/** How often they are told. */
export const watchInterval = () =>
  duration()
    .refine((ms) => ms >= LEAST_MS && ms <= MOST_MS, 'from 500ms to 1m: a watch waits for it')
    .prefault('10s');

/** The section `watch` of a relay. */
export const watchConfig = z.strictObject({
  /** The `listen` of each watch that is told how this process is: on another machine, since it raises the alarm when this one falls silent. */
  to: watchAddresses(),
  /** How often they are told, 500ms to 1m. */
  every: watchInterval(),
});
