/**
 * The journal's surface: for each chain (one per class, or per topic) append-only segments of records, read by named
 * readers with durable cursors. Engine-neutral: no Node types. Positions are byte offsets in the chain's whole life
 * (a segment is named by the offset at which it starts), ascending, below 2^53.
 */

/** File operations. All may be asynchronous; the small host's resolve at once. Errors are exceptions with a `code` (ENOSPC, ENOENT, ...). */
export interface JournalFiles {
  mkdir(path: string): Promise<void>;
  list(directory: string): Promise<string[]>;
  /** Opens for reading and writing, creates when asked. */
  open(path: string, create: boolean): Promise<JournalFile>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Makes creations, renames and unlinks in the directory durable. */
  syncDirectory(path: string): Promise<void>;
}

export interface JournalFile {
  size(): Promise<number>;
  read(into: Uint8Array, position: number): Promise<number>;
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** `write` and `sync` of what is written; where the system can, in one step. After an error nobody can say what of it is on disk. */
  writeThrough(bytes: Uint8Array, position: number): Promise<void>;
  truncate(length: number): Promise<void>;
  /** Makes the contents durable (fdatasync). */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface ChainOptions {
  readonly name: string;
  /** Lower goes first when the journal as a whole is full: a place in DATA_CLASSES, say. Higher number = given up first. */
  readonly rank: number;
  readonly policy: 'push-back' | 'drop-oldest';
  /** Records older than this (by their `time`) are dropped, whole segments; 0 or undefined: never. */
  readonly maxAgeMs?: number;
  /** Done segments are kept until their newest record is this old, as long as there is room; 0 or undefined: they go at once. */
  readonly minAgeMs?: number;
  /** A cap of this chain alone, below the journal's. */
  readonly maxBytes?: number;
  /** Every reader's name; a segment goes when all of them have acknowledged it. */
  readonly readers: readonly string[];
}

export interface JournalOptions {
  readonly directory: string;
  readonly files: JournalFiles;
  readonly chains: readonly ChainOptions[];
  readonly now: () => number;
  readonly crc32: (bytes: Uint8Array, seed?: number) => number;
  /** Sets a timer; the journal's only way to wait. Returns how to cancel it. */
  readonly timer: (run: () => void, ms: number) => () => void;
  readonly segmentBytes: number;
  /** Cap over all chains. */
  readonly maxBytes: number;
  /** How long a group commit waits for company; 0 commits at once whatever came while the last was under way. */
  readonly lingerMs: number;
  /** `disk`: acknowledged means fsynced. `memory`: kept in memory, written on `flush` and `close`; spares flash, loses on a crash what was not flushed. */
  readonly mode: 'disk' | 'memory';
  /** In memory mode: more than this is written to disk all the same. Default: segmentBytes. */
  readonly memoryBytes?: number;
  /**
   * In memory mode: whether so many bytes may be written now. If not, the oldest of the least important chain goes (reason `flash`) where that is in memory only; a
   * chain whose oldest is on disk already pushes back. Chains that push back by their policy are written all the same.
   */
  readonly maySpill?: (bytes: number) => boolean;
  /** How long an acknowledgement may wait for the durable cursor; a crash delivers again what was acknowledged since. Default 100 ms. */
  readonly cursorMs?: number;
  /** How often ages are looked at, where a chain has `maxAgeMs` or `minAgeMs`. Default 10 s. */
  readonly sweepMs?: number;
  /** Told of every whole-segment drop, before the data is gone; `lost`: by reader, the records that it had not acknowledged. */
  readonly onDrop?: (drop: DropRecord, lost: Readonly<Record<string, readonly LostRecord[]>>) => void;
  /** Told of damage found while opening or reading: counted, skipped, never fatal. */
  readonly onDamage?: (damage: Damage) => void;
}

/** What was given up, and why; also kept durably beside the cursors until `forgetDrop`. */
export interface DropRecord {
  readonly chain: string;
  readonly reason: 'cap' | 'age' | 'flash';
  readonly records: number;
  readonly items: number;
  readonly bytes: number;
  /** First and last key and time of the dropped records (not counting those acknowledged already). */
  readonly firstKey: number;
  readonly lastKey: number;
  readonly firstTime: number;
  readonly lastTime: number;
  /** The position after the dropped part. */
  readonly end: number;
  /** By reader: exactly what it had not acknowledged; `records` and `items` are the most of these. */
  readonly readers: Readonly<Record<string, Count>>;
}

/** A record of a part that was given up. */
export type LostRecord = Pick<JournalRecord, 'key' | 'items' | 'start'>;

export interface Damage {
  readonly chain: string;
  readonly file: string;
  readonly at: number;
  readonly bytes: number;
  readonly what: 'torn' | 'checksum' | 'header' | 'cursor';
}

export interface AppendRecord {
  readonly bytes: Uint8Array;
  /** Items in it (samples, lines), for the totals. */
  readonly items: number;
  /** The owner's number for the record (a sequence), kept in the record header and in drop records. */
  readonly key: number;
}

export interface JournalRecord {
  readonly bytes: Uint8Array;
  readonly items: number;
  readonly key: number;
  /** When it was appended, ms since the epoch. */
  readonly time: number;
  readonly start: number;
  readonly end: number;
}

/** What became of an acknowledged record, for the ledger. */
export type RecordOutcome =
  | 'out'
  | 'repeated'
  | { readonly dropped: string }
  /** It went out with so many of its items; the rest were dropped, so many for each reason. */
  | { readonly out: number; readonly rest: Readonly<Record<string, number>> };

/**
 * class Journal (lib/journal/journal.ts) offers:
 *   static open(options): Promise<Journal>
 *   append(chain, record, done | null): void      // done(null, start position) after the fsync; done(HG_JOURNAL_FULL | HG_JOURNAL_DISK | ..., -1) when it is not in
 *   appendDurably(chain, record): Promise<number> // the same as a promise
 *   reader(chain, name): JournalReader
 *   end(chain): number; start(chain): number      // [oldest kept, next] positions
 *   totals(chain, reader): ChainTotals
 *   hold(chain, position | null): void            // keep segments from `position` on even when all readers are done; not durable
 *   setState(name, bytes | null) / state(name): Uint8Array | undefined   // small blobs, durable in the same record as the cursors
 *   drops(): DropRecord[]; forgetDrop(drop): void
 *   room(): number; bytes(): number; health: damage, disk errors, pushed back
 *   flush(): Promise<void>; close(): Promise<void>
 */
export interface JournalReader {
  /**
   * Records from `position` on that this reader has not acknowledged, at least one if there is one, about maxBytes; `next` is where to go on.
   * Only durable ones. Starts at the oldest kept record where `position` is older. Damage is skipped, counted as dropped (`corrupt`) and given to onDamage.
   * With `again` the acknowledged ones that are still kept come too.
   */
  read(position: number, maxBytes: number, again?: boolean): Promise<{ records: JournalRecord[]; next: number }>;
  /** Everything before this is acknowledged, durably or about to be. */
  floor(): number;
  /** The parts above the floor that are acknowledged, ascending, for whoever reads in several lanes. */
  acknowledged(): readonly (readonly [number, number])[];
  /**
   * Marks one record done. Cursor and totals become durable together, soon; `flush` waits for it. Twice is once.
   * @returns false if it was done before, or given up meanwhile
   */
  acknowledge(record: Pick<JournalRecord, 'start' | 'end' | 'items'>, outcome: RecordOutcome): boolean;
  /**
   * For a record that was given up while it was on its way and arrived all the same: it goes from the account of what was dropped to what
   * went out. Only for one that this reader never acknowledged.
   * @param outcome as it would have been acknowledged
   * @returns under which reason it had stood; null if none fits
   */
  arrived(record: Pick<JournalRecord, 'start' | 'items'>, outcome: RecordOutcome): string | null;
  /** Calls back when something was appended at or after `position`. Returns how to cancel. */
  onAppend(run: () => void): () => void;
}

/** in = out + queued + repeated + dropped, in records, items and bytes. Durable: the parts that a crash may set back are recounted from the segments. */
export interface ChainTotals {
  in: Count;
  out: Count;
  queued: Count;
  repeated: Count;
  dropped: Record<string, Count>;
}

export interface Count {
  records: number;
  items: number;
}
