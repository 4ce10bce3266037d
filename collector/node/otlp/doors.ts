import { Otlp } from '../../../lib/doors/otlp.ts';
import { OtlpHttpDoor } from '../../../lib/doors/otlp-http-door.ts';
import { pieceLimits } from '../doors/limits.ts';
import { type DoorParts, FUTURE_MS, sinkOf } from '../doors/parts.ts';
import type { OtlpConfig } from './config.ts';

/** Of metrics and of logs. */
export function otlpDoors(limits: OtlpConfig['limits'], parts: DoorParts): readonly [OtlpHttpDoor, OtlpHttpDoor] {
  const sink = sinkOf(parts, 'otlp', limits);
  // The host's own name is on its series: no gateway's need be.
  const otlp = new Otlp(sink, '', limits.jsonDepth, () => parts.host.now() + FUTURE_MS, pieceLimits());
  return [new OtlpHttpDoor('metrics', otlp), new OtlpHttpDoor('logs', otlp)];
}
