import type { LineLevel } from '../../../lib/log-lines/level.ts';
import type { LogLevel } from '../../../proto/desired.ts';
import type { FileFormat } from './file-format.ts';
import type { FileIdentity } from './identity.ts';
import type { DoneIntervals } from './positions.ts';

export interface TailOptions {
  /** Patterns of glob.ts, absolute. */
  readonly paths: readonly string[];
  /** Patterns of files to leave alone, e.g. `/var/log/*.gz`; names that end in .gz, .xz, .zst, .bz2 or .zip always are. */
  readonly exclude?: readonly string[];
  /** Between polls; 250 ms if not given. */
  readonly pollMs?: number;
  /** Files that exist at a start without any positions: from their beginning (if not given) or from their end. */
  readonly startAt?: 'beginning' | 'end';
  /** Most bytes of a batch; 512 KiB if not given. Always more than maxLineBytes. */
  readonly batchBytes?: number;
  /** Longer lines are split into flagged pieces; 256 KiB if not given. */
  readonly maxLineBytes?: number;
  /** Batches of all files that may be out at once; 4 if not given. Memory is buffers * batchBytes. */
  readonly buffers?: number;
  /** A last line without a newline is taken as a line after this time without growth; 5,000 ms if not given. */
  readonly idleFlushMs?: number;
  /** A file that left all patterns is read to its end and closed after this time without growth; 10 min if not given. */
  readonly detachedIdleMs?: number;
  /** A new file that is byte for byte the beginning of a followed one (copy, then truncate) waits so long for the truncation; 60 s. */
  readonly twinWaitMs?: number;
  /** Most files open at once; 512 if not given. Files above it are counted in stats.refused and taken when there is room. */
  readonly maxFiles?: number;
  /** How the bytes of a file become records; null: each line is one. */
  readonly formatOf?: (path: string) => FileFormat | null;
}

/** What at the end of a file is given although more may follow: nothing, a record that may go on, or also a line without its end. */
export type Flush = 'none' | 'records' | 'lines';

/** What is known of records that does not stand in their text. */
export interface RecordFacts {
  /** ms since the epoch; NaN: the text says it, or nobody. */
  time(i: number): number;
  /** Null: the text says it. */
  level(i: number): LineLevel | null;
  /** Null: the file says it. */
  service(i: number): string | null;
  /** The lowest level sent where no wish of an operator says otherwise; null: the file's rule says it. */
  readonly lowest: LogLevel | null;
  /** The same object again for the same fields. */
  fields(i: number): Readonly<Record<string, string>>;
}

export interface LineBatch {
  readonly file: FileIdentity;
  /** Bytes [from, to) of the file. */
  readonly from: number;
  readonly to: number;
  /** Of the place `to`; computed before anything is masked. */
  readonly anchor: string;
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /**
   * LINE_SPLIT: a piece of a line longer than maxLineBytes (field log.truncated). LINE_OPEN: no newline came in time. LINE_JOINED: in the file it overlaps
   * with the one before, and a mark may not end between them.
   */
  readonly flags: Uint8Array;
  /** Where the records begin in the file, from `from` on: `starts`, but where the text was taken out of something. */
  readonly places: Uint32Array;
  readonly facts: RecordFacts | null;
  readonly done: DoneIntervals | null;
}

/** What was in a file, or another source of lines, and what nobody can read any more. */
export interface LostBytes {
  readonly file: FileIdentity;
  /** Where they began. */
  readonly offset: number;
  readonly bytes: number;
  /** Where not bytes are known but how many records. */
  readonly lines?: number;
  /** `truncated`: before it was read to its end, and there is no copy. `gone`: it was not found again after a restart, and some of it had not been durable. `overrun`: overwritten before it was read. `no_room`: sent by somebody, and nothing more could wait. `closed`: it waited still as the collector ended. */
  readonly reason: 'truncated' | 'gone' | 'overrun' | 'no_room' | 'closed';
  /** Bytes a line of what was read so far, the newline included. */
  readonly meanLineBytes: number;
}

export interface LineConsumer {
  take(batch: LineBatch, answer: () => void): void;
  opened(file: FileIdentity, offset: number): void;
  closed(file: FileIdentity): void;
  /** Is told after the counters. */
  lost?(lost: LostBytes): void;
}

/** Counters since start, and gauges of the last poll. */
export interface TailStats {
  files: number;
  detached: number;
  lines: number;
  bytes: number;
  /** Bytes that were in files at the last poll and not read yet. */
  pendingBytes: number;
  splitPieces: number;
  openLines: number;
  truncations: number;
  /** Bytes known to have been in a file that was truncated, or was gone after a restart, before they were read; no copy was found. */
  lostBytes: number;
  /** Files of positions that were not found again. */
  gone: number;
  /** Files that the last poll matched and did not open: maxFiles. A gauge. */
  refused: number;
  readErrors: number;
  /** Lines of containers' logs in no form that is known; they are taken as they are. */
  oddLines: number;
}
