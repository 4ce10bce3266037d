import { z } from 'zod';
import { HOST_NAME } from '../../proto/topics.ts';
import { leastSilence } from './config.ts';

/** The section `tiers` of a core's alerts, and of a watch's: cores and relays that tell it how they are (their section `watch`), and are missed when they do not. */
export const tiersConfig = z.strictObject({
  /** Names of cores and relays, as in their certificates. */
  expect: z
    .array(z.string().regex(HOST_NAME, 'a name of a core or relay, as in its certificate'))
    .max(1000)
    .default([]),
  /** One of them from which nothing came for so long is an alert, `TierSilent`. */
  silent: leastSilence(),
});
