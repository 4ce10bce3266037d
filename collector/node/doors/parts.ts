import type { MaskStage } from '../../../lib/mask/mask.ts';
import type { Collector } from '../../core/collector.ts';
import type { Host } from '../../core/host.ts';
import { DoorLines } from './door-lines.ts';
import type { DoorLimitsConfig } from './limits-schema.ts';
import { CollectorSink } from './sink.ts';

/** What a door for applications needs of the collector. */
export interface DoorParts {
  readonly host: Host;
  readonly collector: Collector;
  readonly mask: MaskStage;
}

/** Nothing older is taken, ms: relay and core would refuse it. */
const RETENTION_MS = 30 * 86_400_000;
/** Nothing further ahead, ms. */
export const FUTURE_MS = 600_000;

/** Where a door puts what it read. @param job of series that do not say theirs */
export function sinkOf({ host, collector, mask }: DoorParts, job: string, limits: DoorLimitsConfig): CollectorSink {
  return new CollectorSink({
    ...{ host, spool: collector.spool, name: collector.settings.name },
    target: collector.pushed.target({ job, open: true, seriesLimit: limits.series }),
    lines: new DoorLines(job, {
      ...{ host, mask, stages: collector.lines },
      times: { retentionMs: RETENTION_MS, futureMs: FUTURE_MS },
      onFiltered: (lineClass) => collector.leftOut(lineClass, 'level', 1),
    }),
  });
}
