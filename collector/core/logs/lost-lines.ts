import type { HeliographError } from '../../../lib/errors.ts';
import { encodeEventsBody } from '../../../proto/event.ts';
import type { Host } from '../host.ts';
import type { Spool } from '../spool/spool.ts';
import type { LostBytes } from '../tail/contract.ts';

/** The spool is full, or the disk refuses: the declaration waits. */
const RETRY_MS = 1000;

/**
 * Declares bytes of a log file that are lost before they were read: an event `logs.lost` in the class that is never given up, so that the core
 * knows of it, and a count for the ledger.
 */
export class LostLines {
  readonly #host: Host;
  readonly #spool: Spool;
  readonly #name: string;
  readonly #count: (reason: string, lines: number) => void;

  /** @param name of the collector, @param count for the ledger; lines are estimated */
  constructor(host: Host, spool: Spool, name: string, count: (reason: string, lines: number) => void) {
    this.#host = host;
    this.#spool = spool;
    this.#name = name;
    this.#count = count;
  }

  declare(lost: LostBytes): void {
    // How many lines it was nobody can say; by the mean length so far, and not none.
    const lines = lost.lines ?? Math.max(1, Math.round(lost.bytes / lost.meanLineBytes));
    this.#count(lost.reason, lines);
    const time = this.#host.now();
    const facts = {
      path: lost.file.path,
      reason: lost.reason,
      offset: lost.offset,
      ...(lost.lines === undefined ? { bytes: lost.bytes, lines_about: lines } : { lines }),
    };
    this.#put(time, encodeEventsBody([{ time, type: 'logs.lost', host: this.#name, facts }]));
  }

  #put(created: number, body: Uint8Array): void {
    const done = (error: HeliographError | null): void => {
      if (error !== null && error.code !== 'HG_JOURNAL_CLOSED')
        this.#host.timer(() => this.#put(created, body), RETRY_MS);
    };
    this.#spool.add('alert', { kind: 'events', created, items: 1, body, marks: [], done });
  }
}
