import { type Amount, addAmount, emptyEntry, type Ledger, type LedgerEntry } from '../../lib/ledger.ts';
import { DATA_CLASSES, type DataClass } from '../../proto/class.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { FrameOutcome, LaterDrop, MetricStore } from '../ports/metric-store.ts';
import type { PublishedPart } from './bus-hop.ts';
import { DAMAGED_ON_BUS } from './dead-letters.ts';
import type { DoorTotals } from './door-totals.ts';

/** Dropped and repeated frames that no store knows of: dead letters. */
export interface SetAside {
  readonly dropped: readonly { class: DataClass; reason: string; frames: number; items: number }[];
  readonly repeated: readonly { class: DataClass; frames: number; items: number }[];
}

/** What was there when the process started. */
export interface AccountStart {
  readonly metrics: Awaited<ReturnType<MetricStore['totals']>>;
  readonly logs: Awaited<ReturnType<LogStore['totals']>>;
  /** Records on the bus that wait for the indexer, by class. */
  readonly waiting: ReadonlyMap<DataClass, number>;
  readonly aside: SetAside;
  /** What came by doors; counted on by the account. */
  readonly doors?: DoorTotals;
  /** Where other processes index what this one puts on the bus: what it put there since ever; counted on by the account. */
  readonly published?: DoorTotals;
  /** What of that the bus acknowledged. */
  readonly acknowledged?: DoorTotals;
  /** This process only indexes: what it takes from the bus was counted as taken by others. */
  readonly indexesOnly?: boolean;
}

/**
 * The core's own account: in = out + queued + dropped + repeated, by class. The start is what the stores have made durable
 * with the data; from there on `in` is counted from the frames' headers as they are taken, and the rest from what the
 * stores said became of them, so that the sums can disagree if anything goes missing in between.
 *
 * Frames that waited on the bus at the start are known by number only; their items are estimated by the mean of their
 * class and put right, frame by frame, while they are indexed.
 */
export class Account {
  readonly #name: string;
  readonly #entries: ReadonlyMap<DataClass, LedgerEntry>;
  readonly doors: DoorTotals | null;
  readonly #published: DoorTotals | null;
  readonly #acknowledged: DoorTotals | null;
  readonly #indexesOnly: boolean;
  /** Classes of which items of frames that were passed over are guessed. */
  readonly #guessed = new Set<DataClass>();
  readonly #backlog = new Map<DataClass, { frames: number; mean: number }>();

  constructor(name: string, start: AccountStart) {
    this.#name = name;
    this.doors = start.doors ?? null;
    this.#published = start.published ?? null;
    this.#acknowledged = start.acknowledged ?? null;
    if (this.#acknowledged?.ledger() === null) this.#beginAcknowledged();
    this.#indexesOnly = start.indexesOnly ?? false;
    this.#entries = new Map(DATA_CLASSES.map((dataClass) => [dataClass, startEntry(dataClass, start)]));
    for (const { class: dataClass, out } of this.#published?.ledger()?.entries ?? []) {
      addAmount(this.#entry(dataClass).in, out);
      addAmount(this.#entry(dataClass).out, out);
    }
    for (const [dataClass, frames] of start.waiting) {
      if (frames === 0 || this.#published || this.#indexesOnly) continue;
      const entry = this.#entries.get(dataClass)!;
      const mean = entry.out.frames > 0 ? Math.round(entry.out.items / entry.out.frames) : 1;
      this.#backlog.set(dataClass, { frames, mean });
      addAmount(entry.queued, { frames, items: frames * mean });
      addAmount(entry.in, { frames, items: frames * mean });
    }
  }

  /** A frame that the core takes; `items` as its header says. */
  take(dataClass: DataClass, items: number): void {
    addAmount(this.#entry(dataClass).in, { frames: 1, items });
  }

  /** A frame is taken and goes on the bus, where it waits for the indexer. @throws HeliographError HG_STORE_DISK: nothing was counted */
  queue(dataClass: DataClass, items: number): void {
    // With the bus it is out of this process' hands. Written down before it is there: a kill in between counts it twice, never not at all.
    this.#published?.add(dataClass, items);
    this.take(dataClass, items);
    addAmount(this.#published ? this.#entry(dataClass).out : this.#entry(dataClass).queued, { frames: 1, items });
  }

  /** The bus has frames that were queued. They are there whether it can be written down now or not: never throws. */
  onBus(dataClass: DataClass, frames: number, items: number): void {
    this.#acknowledged?.addDone(dataClass, items, frames);
  }

  /** What this process ever put on the bus for others; null where it keeps no such account. */
  published(): PublishedPart[] | null {
    if (!this.#published) return null;
    const { entries = [] } = this.#acknowledged?.ledger() ?? {};
    return entries.map(({ class: name, out }) => ({ class: name, sure: { ...out } }));
  }

  /** A file of a version that did not keep it: all of it was. */
  #beginAcknowledged(): void {
    for (const { class: name, out } of this.#published?.ledger()?.entries ?? []) {
      if (out.frames > 0) this.#acknowledged!.add(name, out.items, out.frames);
    }
  }

  /** The bus did not take what was queued. Never throws: why it did not is what the caller has to tell. */
  unpublish(dataClass: DataClass, items: number): void {
    addAmount(this.#entry(dataClass).in, { frames: -1, items: -items });
    this.#published?.addDone(dataClass, -items, -1);
    addAmount(this.#published ? this.#entry(dataClass).out : this.#entry(dataClass).queued, {
      frames: -1,
      items: -items,
    });
  }

  /** The indexer is done with a frame of the bus; `items` as its header says. Tell what became of it with `settle` or `drop`. */
  unqueue(dataClass: DataClass, items: number): void {
    const entry = this.#entry(dataClass);
    if (this.#indexesOnly) {
      this.take(dataClass, items);
      return;
    }
    const old = this.#backlog.get(dataClass);
    if (!old) {
      addAmount(entry.queued, { frames: -1, items: -items });
      this.#settleGuess(entry);
      return;
    }
    addAmount(entry.queued, { frames: -1, items: -old.mean });
    entry.in.items += items - old.mean;
    if (--old.frames === 0) this.#backlog.delete(dataClass);
  }

  /** How many items so many frames of the bus may have, which nobody can look at any more: by the mean of those that wait. */
  guess(dataClass: DataClass, frames: number): number {
    if (this.#indexesOnly) return 0;
    const { queued } = this.#entry(dataClass);
    return queued.frames <= frames ? queued.items : Math.round((queued.items * frames) / queued.frames);
  }

  /** Frames of the bus are passed over. Tell with `drop` that they are lost. @param items as `guess` said */
  passOver(dataClass: DataClass, frames: number, items: number): void {
    const entry = this.#entry(dataClass);
    if (this.#indexesOnly) {
      addAmount(entry.in, { frames, items });
      return;
    }
    addAmount(entry.queued, { frames: -frames, items: -items });
    this.#guessed.add(dataClass);
    const old = this.#backlog.get(dataClass);
    if (!old) return;
    old.frames -= frames;
    if (old.frames <= 0) this.#backlog.delete(dataClass);
  }

  /** With the last frame off the bus it is known what the guess was wrong by. */
  #settleGuess(entry: LedgerEntry): void {
    if (entry.queued.frames !== 0 || !this.#guessed.delete(entry.class)) return;
    addDropped(entry, DAMAGED_ON_BUS, { frames: 0, items: entry.queued.items });
    entry.queued.items = 0;
  }

  /** What a store said became of a frame; `door`: it came by a door of this core and not by a relay. */
  settle(dataClass: DataClass, outcome: FrameOutcome, door = false): void {
    const entry = this.#entry(dataClass);
    if (door && outcome.repeated === 0) {
      const refused = Object.values(outcome.dropped).reduce((sum, items) => sum + items, 0);
      this.doors?.addDone(dataClass, outcome.written + refused);
    }
    if (outcome.repeated > 0) {
      addAmount(entry.repeated, { frames: 1, items: outcome.repeated });
    } else {
      addAmount(entry.out, { frames: 1, items: outcome.written });
    }
    for (const [reason, items] of Object.entries(outcome.dropped)) addDropped(entry, reason, { frames: 0, items });
  }

  /** A frame was set aside as a dead letter. */
  drop(dataClass: DataClass, reason: string, items: number, frames = 1): void {
    addDropped(this.#entry(dataClass), reason, { frames, items });
  }

  /** What a store had promised to keep was dropped after all. */
  dropLater(dataClass: DataClass, { reason, frames, items }: LaterDrop): void {
    const entry = this.#entry(dataClass);
    addAmount(entry.out, { frames: -frames, items: -items });
    addDropped(entry, reason, { frames, items });
  }

  /** A dead letter goes the way of the data again, on which it is taken and counted anew. */
  takeBack(dataClass: DataClass, reason: string, items: number): void {
    const entry = this.#entry(dataClass);
    addAmount(entry.in, { frames: -1, items: -items });
    addDropped(entry, reason, { frames: -1, items: -items });
  }

  /** A dead letter has another reason than it had. */
  dropFor(dataClass: DataClass, before: string, after: string, items: number): void {
    addDropped(this.#entry(dataClass), before, { frames: -1, items: -items });
    addDropped(this.#entry(dataClass), after, { frames: 1, items });
  }

  /** Items of frames that the store has were dropped, and are stored after all. */
  restore(dataClass: DataClass, reason: string, items: number): void {
    addDropped(this.#entry(dataClass), reason, { frames: 0, items: -items });
    addAmount(this.#entry(dataClass).out, { frames: 0, items });
  }

  repeat(dataClass: DataClass, items: number, frames = 1): void {
    addAmount(this.#entry(dataClass).repeated, { frames, items });
  }

  ledger(now: number): Ledger {
    const entries = [...this.#entries.values()].map((entry) => structuredClone(entry));
    return { version: 1, tier: 'core', name: this.#name, time: now, entries };
  }

  #entry(dataClass: DataClass): LedgerEntry {
    return this.#entries.get(dataClass)!;
  }
}

function startEntry(dataClass: DataClass, start: AccountStart): LedgerEntry {
  const entry = emptyEntry(dataClass);
  if (dataClass === 'metric') {
    const { samples, repeated, dropped, frames } = start.metrics;
    addAmount(entry.out, { frames: frames.written, items: samples });
    addAmount(entry.repeated, { frames: frames.repeated, items: repeated });
    for (const [reason, items] of Object.entries(dropped)) addDropped(entry, reason, { frames: 0, items });
    for (const [reason, amount] of Object.entries(start.metrics.lost ?? {})) addDropped(entry, reason, amount);
  } else {
    const totals = start.logs.classes[dataClass];
    if (totals) {
      addAmount(entry.out, totals.written);
      addAmount(entry.repeated, totals.repeated);
      for (const [reason, items] of Object.entries(totals.dropped)) addDropped(entry, reason, { frames: 0, items });
    }
  }
  for (const drop of start.aside.dropped) if (drop.class === dataClass) addDropped(entry, drop.reason, drop);
  for (const repeat of start.aside.repeated) if (repeat.class === dataClass) addAmount(entry.repeated, repeat);
  addAmount(entry.in, entry.out);
  addAmount(entry.in, entry.repeated);
  for (const amount of Object.values(entry.dropped)) addAmount(entry.in, amount);
  return entry;
}

function addDropped(entry: LedgerEntry, reason: string, amount: Readonly<Amount>): void {
  const there = Object.hasOwn(entry.dropped, reason) ? entry.dropped[reason]! : { frames: 0, items: 0 };
  addAmount(there, amount);
  if (there.frames === 0 && there.items === 0) delete entry.dropped[reason];
  else entry.dropped[reason] = there;
}
