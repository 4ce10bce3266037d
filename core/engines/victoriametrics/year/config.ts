import { z } from 'zod';
import { duration } from '../../../../lib/config/duration.ts';

const MINUTE_MS = 60_000;

/** Windows of what the metric store has, kept longer in a second VictoriaMetrics. */
export const yearConfig = z.strictObject({
  /** A VictoriaMetrics of its own, with `-retentionPeriod` of at least `retention` and `-dedup.minScrapeInterval` of one window. */
  address: z.url(),
  /** Name for the engine's log-in (HTTP basic authentication), where it or a proxy before it asks for one; with `passwordFile`. */
  username: z.string().min(1).optional(),
  /** A file with the password, and nothing else in it. */
  passwordFile: z.string().min(1).optional(),
  /** PEM file of the authority that signed the engine's certificate, where it is a private one. */
  ca: z.string().min(1).optional(),
  /** How long windows are kept. */
  retention: duration().prefault('365d'),
  /** How long a window is. Windows of another length are not read: another length begins anew. */
  window: duration()
    .refine((ms) => ms >= MINUTE_MS && (60 * MINUTE_MS) % ms === 0 && ms % MINUTE_MS === 0, {
      message: 'write whole minutes that divide an hour: 1m, 5m, 10m, 15m, 30m, 1h',
    })
    .prefault('5m'),
  /** How long after its end a window is computed: what comes later makes it be computed again. */
  grace: duration().prefault('10m'),
  /** How much time new windows gather before they are computed together: more is cheaper, since samples before the first of them are read for the seam each time. */
  every: duration().prefault('15m'),
  /** The longest gap between two samples of a series over which the increase of a counter is counted. */
  seam: duration().prefault('15m'),
  /** How long late samples gather before their windows are computed again. */
  again: duration().prefault('1m'),
  /** How long the engine may take to answer. */
  timeout: duration().prefault('30s'),
});

export type YearConfig = z.output<typeof yearConfig>;
