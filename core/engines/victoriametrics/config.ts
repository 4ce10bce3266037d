import { z } from 'zod';
import { duration } from '../../../lib/config/duration.ts';

/** VictoriaMetrics behind the metric store's port. */
export const victoriaMetricsConfig = z.strictObject({
  /** Single servers, each sample on two of them if there are several; or the insert address of one cluster. */
  addresses: z.array(z.url()).min(1).default(['http://127.0.0.1:8428']),
  /** How long after its answer the store has written what it took to disk. */
  durableAfter: duration().prefault('15s'),
});

export type VictoriaMetricsConfig = z.output<typeof victoriaMetricsConfig>;
