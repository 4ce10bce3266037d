import { ledgerEntry } from '../../../lib/journal/ledger-entry.ts';
import { addAmount, emptyEntry, type Ledger } from '../../../lib/ledger.ts';
import { DATA_CLASSES, type DataClass } from '../../../proto/class.ts';
import type { ClassStatus, Status } from '../../../proto/status.ts';
import { READER, type Spool } from '../spool/spool.ts';
import type { Sender } from './sender.ts';

/** Intervals of acknowledged numbers above the floor that a status lists; the rest follows as the floor moves. */
const MOST_INTERVALS = 64;

/** Frames and items that never got into the spool: disk full, say. */
export type Unspooled = Map<string, { dataClass: DataClass; reason: string; frames: number; items: number }>;

/** The collector's account: its spool's, and what could not be put into it. */
export function collectorLedger(name: string, time: number, spool: Spool, unspooled: Unspooled): Ledger {
  const entries = DATA_CLASSES.map((dataClass) => {
    const entry = { ...emptyEntry(dataClass), ...ledgerEntry(dataClass, spool.journal.totals(dataClass, READER)) };
    for (const lost of unspooled.values()) {
      if (lost.dataClass !== dataClass) continue;
      const amount = { frames: lost.frames, items: lost.items };
      addAmount(entry.in, amount);
      const dropped = entry.dropped[lost.reason] ?? { frames: 0, items: 0 };
      addAmount(dropped, amount);
      entry.dropped[lost.reason] = dropped;
    }
    return entry;
  });
  return { version: 1, tier: 'collector', name, time, entries };
}

export function classStatus(spool: Spool, sender: Sender): Record<DataClass, ClassStatus> {
  const classes = {} as Record<DataClass, ClassStatus>;
  for (const name of DATA_CLASSES) {
    const queued = sender.queued(name);
    const sequence = spool.sequences[name];
    classes[name] = {
      next: sequence.next,
      floor: sequence.floor,
      acknowledged: sequence.finishedAboveFloor(MOST_INTERVALS),
      queuedFrames: queued.frames,
      queuedItems: queued.items,
      queuedBytes: queued.bytes,
    };
  }
  return classes;
}

/** What a relay says in our place when the connection breaks: that we are gone, and nothing that would be old by then. */
export function lastWill(status: Pick<Status, 'connection' | 'boot' | 'time' | 'version' | 'profile'>): Status {
  return { ...status, state: 'down', series: 0, classes: {}, ledger: null, sources: {} };
}
