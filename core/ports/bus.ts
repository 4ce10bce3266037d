/** A record of a topic: one log frame of one host, as the relay's block carried it, with what is needed to decode it alone. */
export interface BusRecord {
  /** The host; records of one key stay in order. */
  readonly key: string;
  readonly value: Uint8Array;
}

export interface BusBatch {
  readonly topic: string;
  readonly records: readonly BusRecord[];
  /** Opaque position after the last record: pass it to the store with the data, or to `commit`. */
  readonly next: string;
  /** Where the records stand, where the bus is one that several processes share. */
  readonly place?: BusPlace;
  /** There are no records: those that stood here cannot be read, and are passed over. */
  readonly damaged?: BusDamage;
}

/** Records that the bus cannot give any more. */
export interface BusDamage {
  /** As the engine calls the topic. */
  readonly topic: string;
  readonly partition: number;
  /** Offsets: of the first that is lost, and where it goes on. */
  readonly first: number;
  readonly next: number;
  readonly why: string;
  /** As they lie there. */
  readonly bytes: Uint8Array;
}

export interface BusStanding {
  readonly partition: number;
  /** Everything before this offset is done. */
  readonly done: number;
  /** The offset of the next record to come. */
  readonly end: number;
}

export interface BusPlace {
  readonly partition: number;
  /** Of each record; ascending. */
  readonly offsets: readonly number[];
}

/**
 * The durable queue between gateway and indexer. Topics are `logs.error`, `logs.log`, `logs.debug`, `events`.
 * - `publish` resolves when the records are durable (all replicas, where there are several).
 * - A consumer starts at `from`, and gets batches in order: the next only when the promise of the last resolved. A bus of several partitions has one
 *   batch of each under way at once; records of one key are in one partition.
 * - Records are kept until every group committed them and their retention is over; a cap pushes back, it never drops.
 */
export interface Bus {
  publish(topic: string, records: readonly BusRecord[]): Promise<void>;
  consume(options: ConsumeOptions, handle: (batch: BusBatch) => Promise<void>): Promise<Consumer>;
  /** Records and bytes per topic and group that wait. */
  lag(): Promise<readonly { topic: string; group: string; records: number; bytes: number }[]>;
  /** Of a bus that several processes share: how far the group is in each partition, now. Rejects while it cannot be known. */
  standing?(topic: string, group: string): Promise<readonly BusStanding[]>;
  /** How much of its cap is taken by what groups have not committed, 0 to 1; missing where no cap of ours bounds it. */
  fill?(): number;
  close(): Promise<void>;
}

export interface ConsumeOptions {
  readonly topic: string;
  readonly group: string;
  /** A position of an earlier batch, or null for the oldest record kept. */
  readonly from: string | null;
  readonly maxBytes: number;
  /**
   * Of a bus that several processes share: told which partitions are this consumer's whenever they are shared out. What is kept of others belongs to
   * who has them now, and gets it again.
   */
  readonly onShared?: (partitions: readonly number[]) => void;
}

export interface Consumer {
  /** Everything before `next` is done and may be deleted. */
  commit(next: string): Promise<void>;
  close(): Promise<void>;
}
