import type { DropRecord, LostRecord } from '../lib/journal/contract.ts';
import type { Journal } from '../lib/journal/journal.ts';
import type { Logger } from '../lib/log.ts';
import type { DataClass } from '../proto/class.ts';
import type { OwnEvents } from './own-events.ts';
import { FORWARD_READER } from './sequence-memory.ts';
import type { Sequences } from './sequences.ts';

/**
 * Tells of frames that the journal gave up: in the log, by an event, and in the hosts' accounts. The journal remembers a
 * drop until its event is durable, so none is forgotten by a crash.
 */
export class Drops {
  readonly #parts: {
    readonly journal: Journal;
    readonly sequences: Readonly<Record<DataClass, Sequences>>;
    readonly events: OwnEvents;
    readonly relay: string;
    readonly log: Logger;
  };

  constructor(parts: {
    journal: Journal;
    sequences: Readonly<Record<DataClass, Sequences>>;
    events: OwnEvents;
    relay: string;
    log: Logger;
  }) {
    this.#parts = parts;
    // Those of the life before whose event did not come into the journal any more.
    for (const drop of parts.journal.drops()) this.#tell(drop);
  }

  onDrop(drop: DropRecord, lost: Readonly<Record<string, readonly LostRecord[]>>): void {
    const sequences = this.#parts.sequences[drop.chain as DataClass];
    for (const { key, items } of lost[FORWARD_READER] ?? []) sequences.accountOf(key)?.drop(drop.reason, items);
    this.#tell(drop);
  }

  #tell(drop: DropRecord): void {
    const { journal, events, relay, log } = this.#parts;
    const { chain, reason, bytes, firstTime, lastTime } = drop;
    const { records, items } = drop.readers[FORWARD_READER] ?? { records: 0, items: 0 };
    if (records === 0) {
      // The core had all of it; it was kept for the memory of sequences only.
      journal.forgetDrop(drop);
      return;
    }
    log.warn('the journal gave up its oldest segment', { class: chain, reason, frames: records, items, bytes });
    const facts = { class: chain, reason, frames: records, items, bytes, first_time: firstTime, last_time: lastTime };
    events.tell('frames_dropped', relay, facts, () => journal.forgetDrop(drop));
  }
}
