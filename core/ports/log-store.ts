import type { DataClass } from '../../proto/class.ts';
import type { LogFrame } from './frames.ts';
import type { ClassTotals, FrameOutcome, SequenceRanges } from './metric-store.ts';

export interface LogQuery {
  /** Words (all must occur, case-insensitive), and "phrases in quotes" (occur exactly, case-insensitive). Empty: every line. */
  readonly text: string;
  readonly hosts: readonly string[];
  readonly services: readonly string[];
  readonly levels: readonly string[];
  /** Each of these fields must have just that value; a pair is name and value. */
  readonly fields?: readonly (readonly [string, string])[];
  /** [start, end) in ms. */
  readonly start: number;
  readonly end: number;
  readonly limit: number;
  readonly order: 'newest' | 'oldest';
  /** From the page before. */
  readonly cursor?: string;
  /** In place of a cursor: begins beside this line, which is not among what is found. */
  readonly beside?: Pick<StoredLine, 'id' | '@timestamp'>;
}

/** Which lines to count. As in LogQuery; `step` in ms divides [start, end) into buckets, the last of which may be shorter. */
export interface HistogramQuery
  extends Pick<LogQuery, 'text' | 'hosts' | 'services' | 'levels' | 'fields' | 'start' | 'end'> {
  readonly step: number;
  /** How long the counting may take, ms; what was counted by then is the answer. */
  readonly budgetMs: number;
}

/** Lines by bucket and level. */
export interface LogHistogram {
  readonly start: number;
  readonly end: number;
  readonly step: number;
  /** By level, one count a bucket. */
  readonly levels: Readonly<Record<string, readonly number[]>>;
  readonly total: number;
  /** Counted back to this time only, newest first, because the budget was used up; null: everything was counted. */
  readonly countedFrom: number | null;
  readonly scanned: { readonly blocks: number; readonly lines: number };
}

/** A stored line. `id` is (host, boot, class, sequence, line) and unique. */
export interface StoredLine {
  readonly id: string;
  readonly '@timestamp': string;
  readonly message: string;
  readonly 'log.level': string;
  readonly 'service.name': string;
  readonly 'host.name': string;
  readonly site: string;
  readonly fields: Readonly<Record<string, string>>;
}

export interface LogPage {
  readonly lines: readonly StoredLine[];
  /** Give it back as `cursor` for the next page; null at the end. */
  readonly next: string | null;
  /** What was looked at, so that a person knows why it took long. */
  readonly scanned: { readonly blocks: number; readonly lines: number };
}

/**
 * Where log lines go. `append` and the consumer's position on the bus become durable in one transaction, so that a line
 * is stored once however often the consumer is killed. A FrameId it has is ignored and counted as repeated.
 */
export interface LogStore {
  /** How long after `append` its lines are searchable at the latest, ms: the store's own floor. */
  readonly searchableAfterMs: number;
  append(frames: readonly LogFrame[], position: BusPosition): Promise<readonly FrameOutcome[]>;
  /**
   * Writes lines that the store refused when their frame came, each under its own name: one that is there already stays one. What is
   * stored now is no longer accounted as dropped. Resolves when the lines are durable or among the refused.
   * @throws HeliographError HG_LOG_RESTORE from a store that never refuses a line
   */
  restore(frames: readonly LogFrame[]): Promise<Restored>;
  /** The positions stored by `append`, by topic; where the consumer goes on after a restart. */
  positions(): Promise<Readonly<Record<string, string>>>;
  search(query: LogQuery): Promise<LogPage>;
  /** Counts lines by time and level; a long one gives way to searches. */
  histogram(query: HistogramQuery): Promise<LogHistogram>;
  /** All lines in [start, end), batch by batch. For export and verification. */
  export(start: number, end: number): AsyncIterable<StoredLine[]>;
  sequences(): Promise<readonly SequenceRanges[]>;
  /** Totals since the store was made, durable in the same transaction as the data; `classes` for the ledger. */
  totals(): Promise<{
    lines: number;
    repeated: number;
    dropped: Readonly<Record<string, number>>;
    bytes: number;
    classes: Readonly<Partial<Record<DataClass, ClassTotals>>>;
  }>;
  retain(now: number): Promise<void>;
  close(): Promise<void>;
}

/** A line that a store would not take, however often it came; it counts as dropped, `refused_by_store`, with its frame. */
export interface RefusedLine {
  readonly frame: LogFrame;
  /** Where it stands in `frame.lines`. */
  readonly at: number;
  /** The store's own words. */
  readonly reason: string;
}

/** What became of lines that were given to the store once more. */
export interface Restored {
  readonly refused: readonly RefusedLine[];
  /** Lines by class that were entered as dropped and are stored now. */
  readonly stored: Readonly<Partial<Record<DataClass, number>>>;
}

export interface BusPosition {
  readonly topic: string;
  /** Opaque to the store: whatever the bus gave as the position after the last record. */
  readonly next: string;
}
