import { z } from 'zod';
import { LOG_LEVELS } from '../../../proto/desired.ts';
import { multilineConfig } from './multiline-config.ts';

const pattern = z.string().startsWith('/', 'an absolute path or pattern');

/** The logs of the containers of this machine. */
export const containersConfig = z.strictObject({
  /** Where the runtimes write them: of Kubernetes in either form, and of Docker in json-file's. */
  paths: z.array(pattern).min(1).default(['/var/log/pods/*/*/*.log', '/var/lib/docker/containers/*/*-json.log']),
  /** Patterns of files to leave alone. */
  exclude: z.array(pattern).default([]),
  /** The lowest level sent. */
  level: z.enum(LOG_LEVELS).default('info'),
  /** Records of several lines, of each stream of a container by itself; `all` puts stack traces together. */
  multiline: multilineConfig.optional(),
});
