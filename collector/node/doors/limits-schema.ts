import { z } from 'zod';
import { byteSize } from '../../../lib/config/duration.ts';

/** Bounds of a door for applications. */
export const doorLimits = () =>
  z
    .strictObject({
      /** A body as it comes; unless given a 32nd of the most that Node's heap may grow to, at most 4 MiB. */
      bodyBytes: byteSize().optional(),
      /** A body unpacked; unless given a 32nd of that, at most 16 MiB. */
      unpackedBytes: byteSize().optional(),
      /** All bodies, packed and unpacked, that may be worked on at once; unless given a 16th of that, at most 32 MiB. */
      waitingBytes: byteSize().optional(),
      /** Levels of nesting in a JSON body; one that is deeper is refused (HG_DOOR_DEPTH). */
      jsonDepth: z.int().positive().default(32),
      /** Series of all that is given here; samples of more are refused, and counted. */
      series: z.int().min(1).default(10_000),
    })
    .prefault({});

export type DoorLimitsConfig = z.infer<ReturnType<typeof doorLimits>>;
