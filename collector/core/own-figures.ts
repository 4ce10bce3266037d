import type { LogRoutes } from '../../lib/log-lines/routes.ts';
import type { MaskStage } from '../../lib/mask/mask.ts';
import { DATA_CLASSES } from '../../proto/class.ts';
import type { Capped } from './capped.ts';
import type { Caps } from './caps/caps.ts';
import type { Host } from './host.ts';
import type { LineRules } from './logs/line-rules.ts';
import type { LineSource } from './logs/line-source.ts';
import type { LineStages } from './logs/line-stages.ts';
import type { PushedIntake } from './pushed/intake.ts';
import type { Sampler } from './sampling/sampler.ts';
import type { SeriesRules } from './sampling/series-rules.ts';
import type { SelfFigures } from './self-source.ts';
import { READER, type Spool } from './spool/spool.ts';
import { byClass } from './spool/state.ts';
import type { Tail } from './tail/tail.ts';
import type { Link } from './uplink/link.ts';
import type { Sender } from './uplink/sender.ts';
import type { Unspooled } from './uplink/status.ts';
import type { WallClock } from './wall-clock.ts';

/** The parts of a collector that have something to say of themselves. */
export interface OwnParts {
  readonly host: Pick<Host, 'memory'>;
  readonly spool: Spool;
  readonly sender: Sender;
  readonly link: Link;
  readonly sampler: Sampler;
  readonly caps: Caps;
  readonly pushed: PushedIntake;
  readonly lines: LineStages;
  readonly tail: Tail | null;
  readonly lineSources: readonly LineSource[];
  readonly mask: MaskStage;
  readonly relabel: { readonly series: SeriesRules | null; readonly lines: LineRules | null };
  readonly routes: LogRoutes | null;
  readonly capped: Capped;
  readonly unspooled: Unspooled;
  readonly clock: WallClock | null;
  /** The relay's clock minus ours, ms; NaN until it was told. */
  readonly skewMs: number;
}

/** What a collector tells of itself with each collection. */
export function ownFigures(parts: OwnParts): SelfFigures {
  const { sender, link, spool, sampler, caps, pushed, clock, skewMs, routes, lineSources } = parts;
  const tail = parts.tail?.stats;
  const lines = parts.lines.stats;
  const dropped = [...parts.unspooled.values()];
  for (const name of DATA_CLASSES) {
    const totals = spool.journal.totals(name, READER).dropped;
    for (const reason of Object.keys(totals)) {
      const { records, items } = totals[reason]!;
      dropped.push({ dataClass: name, reason, frames: records, items });
    }
  }
  return {
    spoolBytes: spool.journal.bytes(),
    queued: byClass((name) => sender.queued(name)),
    inFlight: byClass((name) => sender.lanes[name].inFlight),
    acknowledged: sender.stats.frames,
    dropped,
    capped: parts.capped.byMetric,
    pushed: pushed.jobs,
    refusedRequests: pushed.requests.all(),
    masked: parts.mask.masked,
    relabelled: relabelled(parts.relabel),
    sampled: routes?.routes.map(({ name }, i) => ({ route: name, lines: routes!.sampled[i]! })) ?? [],
    labelled: lineSources.flatMap((source) => [...(source.labelled?.() ?? [])]),
    plain: {
      publish_seconds_sum: sender.stats.latencySeconds,
      publish_seconds_count: sender.stats.acknowledged,
      definitions_sent_total: sender.stats.definitions,
      definitions_missing_total: sender.stats.missing,
      refused_total: sender.stats.refused,
      connects_total: link.connects,
      connection_failures_total: link.failures,
      connected: link.isOpen ? 1 : 0,
      at_first_relay: link.isHome ? 1 : 0,
      hand_overs_total: link.handOvers,
      hand_overs_failed_total: link.staysPut,
      frames_unacknowledged_total: sender.stats.unacknowledged,
      series: sampler.series,
      series_unsendable: sampler.unsendable,
      pushed_series: pushed.series,
      pages: sampler.pages,
      collection_seconds: sampler.lastDurationMs / 1000,
      collections_skipped_total: sampler.skipped,
      samples_ahead_seconds: sampler.aheadMs / 1000,
      ...caps.figures(),
      ...(clock === null ? {} : { clock_set: clock.isSet ? 1 : 0 }),
      resident_memory_bytes: parts.host.memory(),
      spool_damaged_bytes_total: spool.journal.health.damagedBytes,
      spool_disk_errors_total: spool.journal.health.diskErrors,
      ...(Number.isNaN(skewMs) ? {} : { clock_skew_seconds: -skewMs / 1000 }),
      ...(tail === undefined
        ? {}
        : {
            log_files: tail.files,
            log_pending_bytes: tail.pendingBytes,
            log_lines_total: tail.lines,
            log_bytes_total: tail.bytes,
            log_lost_bytes_total: tail.lostBytes,
            log_odd_lines_total: tail.oddLines,
          }),
      ...(tail === undefined && lineSources.length === 0 && !parts.lines.isUsed
        ? {}
        : {
            log_lines_kept_total: lines.kept,
            log_lines_filtered_total: lines.filtered,
            log_lines_shed_total: lines.shed,
            log_lines_refused_total: lines.refused,
            ...(parts.relabel.lines === null ? {} : { log_lines_dropped_total: lines.dropped }),
          }),
      ...Object.assign({}, ...lineSources.map((source) => source.figures())),
    },
  };
}

function relabelled({ series, lines }: OwnParts['relabel']): SelfFigures['relabelled'] {
  return [
    ...(series?.byRule ?? []).map(({ total }, i) => ({ kind: 'metrics' as const, rule: i + 1, dropped: total })),
    ...Array.from(lines?.dropped ?? [], (dropped, i) => ({ kind: 'logs' as const, rule: i + 1, dropped })),
  ];
}
