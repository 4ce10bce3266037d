import { z } from 'zod';
import { duration } from '../../../lib/config/duration.ts';

/** Prometheus' alerting and recording rules. */
export const alertRulesConfig = z.strictObject({
  /** Files of rules, folders (each `*.yml` and `*.yaml` in them), and patterns with `*`, `**` and `?`; looked at every few seconds. */
  files: z.array(z.string().min(1)).default([]),
  /** How often a group is evaluated that has no `interval`. */
  evaluateEvery: duration()
    .refine((ms) => ms >= 100, { message: 'at least 100ms' })
    .prefault('15s'),
  /** How long after the start nothing is evaluated: hosts and relays have to come back first. */
  startAfter: duration().prefault('10s'),
  /** How long a rule's query may take. */
  timeout: duration()
    .refine((ms) => ms >= 1, { message: 'more than nothing' })
    .prefault('10s'),
  /** Groups that are evaluated side by side. */
  concurrency: z.int().min(1).max(64).default(4),
  /** Series that a rule may give; one that gives more fails, and its alerts stay as they were. */
  maxSeries: z.int().min(1).max(1_000_000).default(10_000),
  /** What templates have as `$externalLabels`. */
  externalLabels: z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/), z.string()).default({}),
  /** Where people reach this core; what templates have as `$externalURL`. */
  externalUrl: z.url({ protocol: /^https?$/ }).optional(),
});

export type AlertRulesConfig = z.output<typeof alertRulesConfig>;
