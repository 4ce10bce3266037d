import { z } from 'zod';
import { duration } from '../../lib/config/duration.ts';
import { watchAddresses, watchInterval } from '../../lib/watch/config.ts';

const LEAST_MS = 2_000;
/** How long somebody may be silent. */
export const leastSilence = () =>
  duration()
    .refine((ms) => ms >= LEAST_MS, 'at least 2s')
    .prefault('30s');

/** The section `watch` of a core: whom it tells how it is, and whose silence it raises the alarm for. */
export const coreWatchConfig = z.strictObject({
  /** The `listen` of each watch that is told how this process is, and asked whether it is well: on another machine, since it raises the alarm when this one falls silent. */
  to: watchAddresses(),
  /** How often they are told and asked, 500ms to 1m. */
  every: watchInterval(),
  /** A watch that has not said for so long that it is well is an alert, `WatchSilent`. */
  silent: leastSilence(),
});
