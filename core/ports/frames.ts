import type { PageRows, PageSeries, ResolvedPage } from '../../lib/doors/page-rows.ts';
import type { DataClass } from '../../proto/class.ts';
import type { LogLine } from '../../proto/log-line.ts';

export type { LogLine, PageRows, PageSeries, ResolvedPage };

/** The name of a frame all the way from the collector to the store; what comes twice under one name is one frame. */
export interface FrameId {
  readonly host: string;
  /** 24 hex digits: the collector's boot counter (4 bytes) and a random part (8 bytes). */
  readonly boot: string;
  readonly class: DataClass;
  readonly sequence: number;
}

/** What the way of a frame was; for freshness and for the ledger. Times are ms since the epoch. */
export interface FrameRoute {
  readonly id: FrameId;
  readonly relay: string;
  /** When the collector made the frame, by its clock. */
  readonly created: number;
  /** When the relay received it, by the relay's clock. */
  readonly received: number;
  /** The collector's clock minus the relay's, as the relay sees it; 0 when not known. */
  readonly skew: number;
  readonly lane: 'live' | 'backfill';
}

export interface MetricFrame extends FrameRoute {
  /** Labels added to every series of the frame: instance, site. A series' own label of that name becomes exported_<name>. */
  readonly target: Readonly<Record<string, string>>;
  readonly rows: readonly PageRows[];
}

export interface LogFrame extends FrameRoute {
  readonly instance: string;
  readonly site: string;
  readonly lines: readonly LogLine[];
  /** The place of each line in the frame as it was sent, ascending; absent: 0, 1, 2 ... A line is known by it, whatever was left out before it. */
  readonly places?: readonly number[];
  /** Lines left out on the way to the store, by reason; it enters them as dropped with the frame. */
  readonly left?: Readonly<Record<string, number>>;
}

/** The place in its frame of the line that stands at `at` among those that are left. */
export function placeOf(frame: Pick<LogFrame, 'places'>, at: number): number {
  return frame.places === undefined ? at : frame.places[at]!;
}

/** The lines of a frame as it was sent, those left out included. */
export function itemsOf(frame: Pick<LogFrame, 'lines' | 'left'>): number {
  return Object.values(frame.left ?? {}).reduce((sum, count) => sum + count, frame.lines.length);
}
