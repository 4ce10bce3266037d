import { DATA_CLASSES, type DataClass } from '../proto/class.ts';

/** Frames, and the items (samples, lines, events) in them. */
export interface Amount {
  frames: number;
  items: number;
}

/**
 * One hop's account of one class: in = out + queued + dropped + repeated, for frames and for items.
 * `in` is what the tier took responsibility for; `out` what the next tier has durably; `queued` what waits in the journal.
 */
export interface LedgerEntry {
  class: DataClass;
  in: Amount;
  out: Amount;
  queued: Amount;
  repeated: Amount;
  /** By reason: cap, age, corrupt, undecodable, outside_retention, ... */
  dropped: Record<string, Amount>;
}

/** The account of one process; the one JSON form of all tiers. */
export interface Ledger {
  version: 1;
  tier: 'collector' | 'relay' | 'core' | 'simulator';
  name: string;
  /** When it was drawn up, ms since the epoch. */
  time: number;
  entries: LedgerEntry[];
  /** Of one process of a relay, as the core keeps it: how many took collectors in then. */
  workers?: number;
  /** Where it is cheap: the same by host. */
  hosts?: Record<string, LedgerEntry[]>;
}

export function emptyAmount(): Amount {
  return { frames: 0, items: 0 };
}

export function emptyEntry(dataClass: DataClass): LedgerEntry {
  return {
    class: dataClass,
    in: emptyAmount(),
    out: emptyAmount(),
    queued: emptyAmount(),
    repeated: emptyAmount(),
    dropped: {},
  };
}

export function emptyLedger(tier: Ledger['tier'], name: string, time: number): Ledger {
  return { version: 1, tier, name, time, entries: DATA_CLASSES.map(emptyEntry) };
}

/** Adds `amount` to `into`, in place. */
export function addAmount(into: Amount, amount: Readonly<Amount>): void {
  into.frames += amount.frames;
  into.items += amount.items;
}

/** A new amount. */
export function sumOfAmounts(amounts: Iterable<Readonly<Amount>>): Amount {
  const sum = emptyAmount();
  for (const amount of amounts) addAmount(sum, amount);
  return sum;
}

/** What does not balance: in - out - queued - repeated - dropped. Zero in both numbers means nothing is missing. */
export function imbalance(entry: LedgerEntry): Amount {
  const rest = {
    frames: entry.in.frames - entry.out.frames - entry.queued.frames - entry.repeated.frames,
    items: entry.in.items - entry.out.items - entry.queued.items - entry.repeated.items,
  };
  for (const amount of Object.values(entry.dropped)) {
    rest.frames -= amount.frames;
    rest.items -= amount.items;
  }
  return rest;
}
