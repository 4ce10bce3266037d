import { z } from 'zod';
import { duration } from '../../../lib/config/duration.ts';
import { LOG_LEVELS } from '../../../proto/desired.ts';

/** The journal of systemd, read from its files. */
export const journaldConfig = z.strictObject({
  /** Patterns of journal files, under `root`. */
  paths: z
    .array(z.string().startsWith('/', 'an absolute path or pattern'))
    .min(1)
    .default(['/var/log/journal/*/*.journal*', '/run/log/journal/*/*.journal*']),
  /** The lowest level sent. */
  level: z.enum(LOG_LEVELS).default('info'),
  /** Units that are left alone, by full name, such as docker.service where the containers' logs are followed as files. */
  excludeUnits: z.array(z.string().min(1)).default([]),
  /** At the very first start, entries that are older are not read. Later, none is left out. */
  since: duration().prefault('24h'),
});
