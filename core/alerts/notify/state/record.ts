/** One thing that is known of notifications. What is newer under a key takes the place of what was there. */
export interface StateRecord {
  /** `kind/...`, such as `silence/ID` and `told/RECEIVER/FINGERPRINT`. */
  readonly key: string;
  /** JSON; null: it is gone. */
  readonly value: unknown;
  /** Of the lease under which it was written; 0 for what people say, through whichever core. */
  readonly generation: number;
  /** ms since the epoch; grows with each write of a key. */
  readonly at: number;
}

/** Whether `one` takes the place of `other`. */
export function isNewer(one: StateRecord, other: StateRecord | undefined): boolean {
  if (other === undefined) return true;
  return one.generation === other.generation ? one.at >= other.at : one.generation > other.generation;
}

/** Where records are durable, and come from. */
export interface StatePlace {
  /** Whether others read and write there too. */
  readonly isShared: boolean;
  /** Hands over what is there already, resolves, and then gives what others write. Called once. */
  open(take: (records: readonly StateRecord[]) => void): Promise<void>;
  /** Durable, and to be read by others, when it resolves. @throws when it is not */
  write(records: readonly StateRecord[]): Promise<void>;
  /** Resolves when all that others wrote until now was handed over. */
  catchUp(): Promise<void>;
  close(): Promise<void>;
}
