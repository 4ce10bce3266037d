import type { PieceLimits } from '../../../lib/doors/otlp-pieces.ts';
import { heapShare } from '../../../lib/heap-share.ts';
import type { DoorLimits } from './http.ts';
import type { DoorLimitsConfig } from './limits-schema.ts';

/** The limits that are in force: what is not configured is a share of the heap. */
export function doorLimitsOf({ bodyBytes, unpackedBytes, waitingBytes }: DoorLimitsConfig): DoorLimits {
  return {
    bodyBytes: bodyBytes ?? heapShare(32, 4 * 2 ** 20),
    unpackedBytes: unpackedBytes ?? heapShare(32, 16 * 2 ** 20),
    waitingBytes: waitingBytes ?? heapShare(16, 32 * 2 ** 20),
  };
}

/** What of a request of OTLP is in memory as objects at a time: they are ten times its bytes. */
export function pieceLimits(): PieceLimits {
  return { bytes: heapShare(512, 2 ** 20), values: heapShare(2000, 2_000_000), elements: heapShare(1000, 4_000_000) };
}
