import { z } from 'zod';
import { duration } from '../../../lib/config/duration.ts';

/** Alerts on log lines (docs/log-alerts.md). */
export const logAlertsConfig = z.strictObject({
  /** The file of their rules; read again when it changes. Without it there are none. */
  file: z.string().min(1).optional(),
  /** Different values of `by` that one rule follows; lines of further ones are counted and not followed. */
  groups: z.int().min(1).max(100_000).default(1000),
  /** Kinds of lines that an `unseen` rule keeps, of all services; where they are full the service with the most forgets the one that it had not met for longest. */
  kinds: z.int().min(1).max(100_000).default(5000),
  /** Lines that are read from the log store after a start, of each rule. */
  catchUpLines: z.int().min(0).max(1_000_000).default(20_000),
  /** How often alerts are looked at. */
  every: duration().prefault('1s'),
});

export type LogAlertsConfig = z.output<typeof logAlertsConfig>;
