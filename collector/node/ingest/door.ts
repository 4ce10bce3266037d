import { PushDoor } from '../../../lib/doors/push-door.ts';
import { heapShare } from '../../../lib/heap-share.ts';
import type { DoorLimitsConfig } from '../doors/limits-schema.ts';
import { type DoorParts, sinkOf } from '../doors/parts.ts';

export function ingestDoor(limits: DoorLimitsConfig, parts: DoorParts): PushDoor {
  return new PushDoor({
    sink: sinkOf(parts, 'ingest', limits),
    now: () => parts.host.now(),
    maxDepth: limits.jsonDepth,
    maxValues: heapShare(800, 2_000_000),
  });
}
