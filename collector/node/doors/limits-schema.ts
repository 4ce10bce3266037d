import { z } from 'zod';
import { byteSize } from '../../../lib/config/duration.ts';
import { heapShare } from '../../../lib/heap-share.ts';
import type { DoorLimits } from './http.ts';

/** Bounds of a door for applications. */
export const doorLimits = () =>
  z
    .strictObject({
      /** A body as it comes; unless given a 64th of the most that Node's heap may grow to, at most 4 MiB. */
      bodyBytes: byteSize().optional(),
      /** A body unpacked; unless given a 32nd of that, at most 16 MiB. */
      unpackedBytes: byteSize().optional(),
      /** All bodies, packed and unpacked, that may be worked on at once; unless given an eighth of that, at most 32 MiB. */
      waitingBytes: byteSize().optional(),
      jsonDepth: z.int().positive().default(32),
      /** Series of all that is given here; samples of more are refused, and counted. */
      series: z.int().min(1).default(10_000),
    })
    .prefault({});

export type DoorLimitsConfig = z.infer<ReturnType<typeof doorLimits>>;

/** The limits that are in force: what is not configured is a share of the heap. */
export function doorLimitsOf({ bodyBytes, unpackedBytes, waitingBytes }: DoorLimitsConfig): DoorLimits {
  return {
    bodyBytes: bodyBytes ?? heapShare(64, 4 * 2 ** 20),
    unpackedBytes: unpackedBytes ?? heapShare(32, 16 * 2 ** 20),
    waitingBytes: waitingBytes ?? heapShare(8, 32 * 2 ** 20),
  };
}
