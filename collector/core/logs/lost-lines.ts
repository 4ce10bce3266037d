import type { EventSpool } from '../events/event-spool.ts';
import type { LostBytes } from '../tail/contract.ts';

/**
 * Declares bytes of a log file that are lost before they were read: an event `logs.lost` in the class that is never given up, so that the core
 * knows of it, and a count for the ledger.
 */
export class LostLines {
  readonly #events: EventSpool;
  readonly #count: (reason: string, lines: number) => void;

  /** @param count for the ledger; lines are estimated */
  constructor(events: EventSpool, count: (reason: string, lines: number) => void) {
    this.#events = events;
    this.#count = count;
  }

  declare(lost: LostBytes): void {
    // How many lines it was nobody can say; by the mean length so far, and not none.
    const lines = lost.lines ?? Math.max(1, Math.round(lost.bytes / lost.meanLineBytes));
    this.#count(lost.reason, lines);
    this.#events.put('logs.lost', {
      path: lost.file.path,
      reason: lost.reason,
      offset: lost.offset,
      ...(lost.lines === undefined ? { bytes: lost.bytes, lines_about: lines } : { lines }),
    });
  }
}
