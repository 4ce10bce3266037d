import type { RelabelKind } from '../../lib/relabel/rule.ts';
import { DATA_CLASSES, type DataClass } from '../../proto/class.ts';
import type { LabelledFigure } from './logs/line-source.ts';
import type { JobFigures } from './pushed/intake.ts';
import type { RefusedRequest } from './pushed/refused-requests.ts';
import type { Source, SourceContext } from './sources/source.ts';

/** What the collector tells of itself with every collection, as job="heliograph". Counters count since the start of the process. */
export interface SelfFigures {
  readonly spoolBytes: number;
  readonly queued: Readonly<Record<DataClass, { frames: number; items: number; bytes: number }>>;
  readonly inFlight: Readonly<Record<DataClass, number>>;
  readonly acknowledged: Readonly<Record<DataClass, number>>;
  /** By class and reason, in items. */
  readonly dropped: readonly { dataClass: DataClass; reason: string; frames: number; items: number }[];
  readonly capped: ReadonlyMap<string, number>;
  readonly masked: ReadonlyMap<string, number>;
  /** Samples of applications and devices, by job; refused ones by reason. */
  readonly pushed: ReadonlyMap<string, JobFigures>;
  readonly refusedRequests: Iterable<RefusedRequest>;
  /** Samples and lines that relabelling rules dropped, by rule from 1. */
  readonly relabelled: readonly { kind: RelabelKind; rule: number; dropped: number }[];
  /** Lines that are not sent, by route. */
  readonly sampled: readonly { route: string; lines: number }[];
  readonly labelled: readonly LabelledFigure[];
  /** name after heliograph_collector_, value */
  readonly plain: Readonly<Record<string, number>>;
}

/** Names of what the collector tells of itself. */
export const SELF_PREFIX = 'heliograph_collector_';
const JOB = ['job', 'heliograph'] as const;

export function selfSource(figures: () => SelfFigures): Source {
  return {
    name: 'heliograph',
    collect(context) {
      const now = figures();
      add(context, 'spool_bytes', now.spoolBytes);
      for (const name of DATA_CLASSES) {
        const queued = now.queued[name];
        add(context, 'queued_frames', queued.frames, 'class', name);
        add(context, 'queued_items', queued.items, 'class', name);
        add(context, 'queued_bytes', queued.bytes, 'class', name);
        add(context, 'in_flight_frames', now.inFlight[name], 'class', name);
        add(context, 'frames_acknowledged_total', now.acknowledged[name], 'class', name);
      }
      for (const { dataClass, reason, frames, items } of now.dropped) {
        add(context, 'frames_dropped_total', frames, 'class', dataClass, 'reason', reason);
        add(context, 'items_dropped_total', items, 'class', dataClass, 'reason', reason);
      }
      for (const [metric, count] of now.capped) add(context, 'series_capped_total', count, 'metric', metric);
      for (const [target, { taken, refused }] of now.pushed) {
        add(context, 'pushed_samples_total', taken, 'target_job', target);
        for (const [reason, count] of refused)
          add(context, 'pushed_refused_total', count, 'reason', reason, 'target_job', target);
      }
      for (const { door, code, requests } of now.refusedRequests)
        add(context, 'door_refused_total', requests, 'code', code, 'door', door);
      for (const [mask, count] of now.masked) add(context, 'masked_total', count, 'mask', mask);
      for (const { kind, rule, dropped } of now.relabelled)
        add(context, 'relabel_dropped_total', dropped, 'kind', kind, 'rule', String(rule));
      for (const { route, lines } of now.sampled) add(context, 'log_lines_sampled_total', lines, 'route', route);
      for (const { name, labels, value } of now.labelled) add(context, name, value, ...labels);
      for (const name of Object.keys(now.plain)) add(context, name, now.plain[name]!);
    },
  };
}

function add(context: SourceContext, name: string, value: number, ...labels: string[]): void {
  context.sink.add(context.metric(SELF_PREFIX, name, ''), context.labels(...JOB, ...labels), value);
}
