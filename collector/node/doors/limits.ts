import { heapShare } from '../../../lib/heap-share.ts';
import type { DoorLimits } from './http.ts';
import type { DoorLimitsConfig } from './limits-schema.ts';

/** The limits that are in force: what is not configured is a share of the heap. */
export function doorLimitsOf({ bodyBytes, unpackedBytes, waitingBytes }: DoorLimitsConfig): DoorLimits {
  return {
    bodyBytes: bodyBytes ?? heapShare(64, 4 * 2 ** 20),
    unpackedBytes: unpackedBytes ?? heapShare(32, 16 * 2 ** 20),
    waitingBytes: waitingBytes ?? heapShare(8, 32 * 2 ** 20),
  };
}
