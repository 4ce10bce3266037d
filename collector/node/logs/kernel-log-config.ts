import { z } from 'zod';
import { LOG_LEVELS } from '../../../proto/desired.ts';

/** The kernel's messages. */
export const kernelLogConfig = z.strictObject({
  /** The lowest level sent. */
  level: z.enum(LOG_LEVELS).default('info'),
});
