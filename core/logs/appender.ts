import { makeDirectory } from '../disk/sync-directory.ts';
import { type FrameId, itemsOf, type LogFrame, placeOf } from '../ports/frames.ts';
import type { BusPosition } from '../ports/log-store.ts';
import type { FrameOutcome, SequenceRanges } from '../ports/metric-store.ts';
import { frameKey, SeenFrames } from '../seen/seen-frames.ts';
import type { BlockLine } from './block.ts';
import { type Accounts, type ClassAccount, LogCatalog } from './catalog.ts';
import { Partition } from './partition.ts';
import { deletePartition, HOUR_MS, hourOf, isUnsettled, listPartitions, partitionBytes } from './partition-files.ts';

/** All plain values: it goes to the worker as it is. */
export interface LogSettings {
  readonly directory: string;
  readonly retentionDays: number;
  readonly maxBytes: number;
  readonly futureMs: number;
  /** A commit at the latest this long after the first line that waits. */
  readonly commitMs: number;
  /** A commit at once when this many lines wait. */
  readonly commitLines: number;
  readonly searchTimeoutMs: number;
}

export interface Appended {
  readonly frames: readonly LogFrame[];
  readonly position: BusPosition;
  readonly now: number;
}

/** Partitions kept open between commits. */
const OPEN_PARTITIONS = 8;

/**
 * The writing side of the log store, without its thread. A commit writes the blocks to their partitions first and then, in
 * one transaction of the main database, the batch number with positions, seen frames and accounts. Only that second
 * transaction makes the batch count: blocks of a batch it does not know are removed at start, so data and position
 * are durable together or not at all.
 */
export class LogAppender {
  readonly #settings: LogSettings;
  readonly #catalog: LogCatalog;
  readonly #partitions = new Map<number, Partition>();
  #seen: SeenFrames;
  #batch: number;
  #accounts: Accounts;
  #positions: Record<string, string>;
  /** Partitions a failed commit may have left blocks in. */
  #unfinished = new Set<number>();
  /** Partitions that may have small blocks to merge. */
  readonly #mergeable = new Set<number>();

  constructor(settings: LogSettings) {
    makeDirectory(settings.directory);
    this.#settings = settings;
    this.#catalog = new LogCatalog(settings.directory);
    const { batch, accounts } = this.#catalog.restored();
    this.#batch = batch;
    this.#accounts = accounts;
    this.#positions = this.#catalog.positions();
    this.#seen = this.#loadSeen();
    this.#reconcile();
  }

  /** Makes the appends durable, all or none. The answer is per append, per frame. */
  commit(appends: readonly Appended[]): FrameOutcome[][] {
    this.#cleanUnfinished();
    const accounts = structuredClone(this.#accounts);
    const hours = new Map<number, BlockLine[]>();
    const fresh: { id: FrameId; now: number }[] = [];
    const again: { id: FrameId; now: number }[] = [];
    const inBatch = new Set<string>();
    const positions = new Map<string, string>();
    const outcomes = appends.map(({ frames, position, now }) => {
      positions.set(position.topic, position.next);
      return frames.map((frame) => {
        const key = frameKey(frame.id);
        const account = accountOf(accounts, frame.id);
        if (inBatch.has(key) || this.#seen.has(frame.id)) {
          again.push({ id: frame.id, now });
          account.repeated.frames++;
          const items = itemsOf(frame);
          account.repeated.items += items;
          return { written: 0, repeated: items, dropped: {} };
        }
        inBatch.add(key);
        fresh.push({ id: frame.id, now });
        const outcome = this.#sort(frame, now, hours);
        account.written.frames++;
        account.written.items += outcome.written;
        for (const [reason, n] of Object.entries(outcome.dropped)) {
          account.dropped[reason] = (account.dropped[reason] ?? 0) + n;
        }
        return outcome;
      });
    });
    const batch = this.#batch + 1;
    try {
      for (const [hour, lines] of hours) {
        this.#unfinished.add(hour);
        this.#partition(hour).write(batch, lines);
      }
      for (const { id, now } of fresh) this.#seen.add(id, now);
      for (const { id, now } of again) this.#seen.addRepeated(id, now);
      const seen = this.#seen.rowsOf([...fresh, ...again].map(({ id }) => id));
      this.#catalog.commit({ batch, accounts, positions, seen });
    } catch (error) {
      this.#seen = this.#loadSeen();
      throw error;
    }
    this.#unfinished.clear();
    this.#batch = batch;
    this.#accounts = accounts;
    for (const [topic, next] of positions) this.#positions[topic] = next;
    for (const hour of hours.keys()) this.#mergeable.add(hour);
    this.#closeSome();
    return outcomes;
  }

  /** Does one piece of housekeeping; false when there is none. */
  tidy(): boolean {
    for (const hour of this.#mergeable) {
      this.#mergeable.delete(hour);
      if (this.#unfinished.size === 0 && this.#partition(hour).mergeSmall()) {
        this.#mergeable.add(hour);
        return true;
      }
    }
    return false;
  }

  positions(): Record<string, string> {
    return { ...this.#positions };
  }

  sequences(): SequenceRanges[] {
    return this.#seen.list();
  }

  totals(): {
    lines: number;
    repeated: number;
    dropped: Record<string, number>;
    bytes: number;
    classes: Accounts;
  } {
    const totals = { lines: 0, repeated: 0, dropped: {} as Record<string, number> };
    for (const account of Object.values(this.#accounts)) {
      totals.lines += account.written.items;
      totals.repeated += account.repeated.items;
      for (const [reason, n] of Object.entries(account.dropped)) {
        totals.dropped[reason] = (totals.dropped[reason] ?? 0) + n;
      }
    }
    return { ...totals, bytes: this.#bytes(), classes: structuredClone(this.#accounts) };
  }

  /** Deletes partitions that are too old, then the oldest while there are too many bytes. Gives the hours that went. */
  retain(now: number): { hour: number; reason: 'age' | 'bytes' }[] {
    const { directory, retentionDays, maxBytes } = this.#settings;
    const oldest = hourOf(now - retentionDays * 24 * HOUR_MS);
    const gone: { hour: number; reason: 'age' | 'bytes' }[] = [];
    let bytes = this.#bytes();
    const hours = listPartitions(directory);
    hours.forEach((hour, i) => {
      const old = hour < oldest;
      // The newest stays: it is being written.
      if (!old && (bytes <= maxBytes || i === hours.length - 1)) return;
      bytes -= partitionBytes(directory, hour);
      this.#close(hour);
      deletePartition(directory, hour);
      this.#mergeable.delete(hour);
      gone.push({ hour, reason: old ? 'age' : 'bytes' });
    });
    const forgotten = this.#seen.forget(now - (retentionDays + 1) * 24 * HOUR_MS, now);
    if (forgotten.length > 0) this.#catalog.forget(forgotten);
    return gone;
  }

  close(): void {
    // A partition that is closed in order is not looked at when the next process starts.
    this.#cleanUnfinished();
    for (const hour of [...this.#partitions.keys()]) this.#close(hour);
    this.#catalog.close();
  }

  #sort(frame: LogFrame, now: number, hours: Map<number, BlockLine[]>): FrameOutcome {
    const { retentionDays, futureMs } = this.#settings;
    const earliest = now - retentionDays * 24 * HOUR_MS;
    const shared = { ...frame.id, instance: frame.instance, site: frame.site };
    const dropped: Record<string, number> = { ...frame.left };
    let written = 0;
    frame.lines.forEach((line, at) => {
      const reason = !Number.isFinite(line.time)
        ? 'bad_time'
        : line.time < earliest
          ? 'outside_retention'
          : line.time > now + futureMs
            ? 'future'
            : null;
      if (reason !== null) {
        dropped[reason] = (dropped[reason] ?? 0) + 1;
        return;
      }
      const hour = hourOf(line.time);
      const lines = hours.get(hour);
      const { time, message, level, service, fields } = line;
      const one = { time, message, level, service, fields, frame: shared, line: placeOf(frame, at) };
      if (lines) lines.push(one);
      else hours.set(hour, [one]);
      written++;
    });
    return { written, repeated: 0, dropped };
  }

  #loadSeen(): SeenFrames {
    const seen = new SeenFrames();
    for (const row of this.#catalog.seen()) seen.load(row);
    return seen;
  }

  /** Removes what a crash cut off. A partition that was closed in order has no log and nothing to remove. */
  #reconcile(): void {
    for (const hour of listPartitions(this.#settings.directory)) {
      if (isUnsettled(this.#settings.directory, hour)) this.#partition(hour).removeAfter(this.#batch);
    }
    this.#closeSome();
  }

  #cleanUnfinished(): void {
    for (const hour of this.#unfinished) {
      this.#partition(hour).removeAfter(this.#batch);
      this.#unfinished.delete(hour);
    }
  }

  #partition(hour: number): Partition {
    let there = this.#partitions.get(hour);
    // Moved to the end: the first is the one not used for longest.
    if (there) this.#partitions.delete(hour);
    else there = new Partition(this.#settings.directory, hour);
    this.#partitions.set(hour, there);
    return there;
  }

  #closeSome(): void {
    for (const hour of this.#partitions.keys()) {
      if (this.#partitions.size <= OPEN_PARTITIONS) return;
      this.#close(hour);
    }
  }

  #close(hour: number): void {
    this.#partitions.get(hour)?.close();
    this.#partitions.delete(hour);
  }

  #bytes(): number {
    const { directory } = this.#settings;
    return (
      listPartitions(directory).reduce((sum, hour) => sum + partitionBytes(directory, hour), 0) + this.#catalog.bytes()
    );
  }
}

function accountOf(accounts: Accounts, id: FrameId): ClassAccount {
  let account = accounts[id.class];
  if (!account) {
    account = { written: { frames: 0, items: 0 }, repeated: { frames: 0, items: 0 }, dropped: {} };
    accounts[id.class] = account;
  }
  return account;
}
