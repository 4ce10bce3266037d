import { z } from 'zod';
import { byteSize } from '../../../lib/config/duration.ts';

/** Bounds of a door for applications. */
export const doorLimits = () =>
  z
    .strictObject({
      /** A body as it comes, and unpacked. */
      bodyBytes: byteSize().prefault('4MiB'),
      unpackedBytes: byteSize().prefault('16MiB'),
      /** All bodies, packed and unpacked, that may be worked on at once. */
      waitingBytes: byteSize().prefault('32MiB'),
      jsonDepth: z.int().positive().default(32),
      /** Series of all that is given here; samples of more are refused, and counted. */
      series: z.int().min(1).default(10_000),
    })
    .prefault({});

export type DoorLimitsConfig = z.infer<ReturnType<typeof doorLimits>>;
