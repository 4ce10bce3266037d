import { z } from 'zod';
import { duration } from '../../../lib/config/duration.ts';

/** A host whose alert fires every few minutes, to see that alerts come through (docs/canary.md). */
export const canaryConfig = z.strictObject({
  /** How often its alert should fire; without it nobody waits for one. */
  every: duration()
    .refine((ms) => ms >= 1000, 'write 1s or more')
    .optional(),
  /** How much later it may come. */
  late: duration().prefault('1m'),
  /** The name of its alert. */
  alert: z.string().min(1).default('Canary'),
  /** Canaries that are each waited for, by their hosts' names; none: any of them will do. */
  hosts: z.array(z.string().min(1)).max(100).default([]),
  /** Labels of the alert that it is silent. */
  labels: z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/), z.string().min(1)).default({ severity: 'critical' }),
});

export type CanaryConfig = z.output<typeof canaryConfig>;
