import type { HeliographError } from '../../../lib/errors.ts';
import { encodeEventsBody, type Fact } from '../../../proto/event.ts';
import type { Host } from '../host.ts';
import type { Spool } from '../spool/spool.ts';

/** The spool is full, or the disk refuses: the event waits. */
const RETRY_MS = 1000;

/** Events of this collector in the class that is never given up. */
export class EventSpool {
  readonly #host: Host;
  readonly #spool: Spool;
  readonly #name: string;

  /** @param name of the collector, whom its events are about */
  constructor(host: Host, spool: Spool, name: string) {
    this.#host = host;
    this.#spool = spool;
    this.#name = name;
  }

  /** Puts an event that happened now into the spool; `durable` is called when it is there to stay. */
  put(type: string, facts: Readonly<Record<string, Fact>>, durable: () => void = () => undefined): void {
    const time = this.#host.now();
    this.#add(time, encodeEventsBody([{ time, type, host: this.#name, facts }]), durable);
  }

  #add(created: number, body: Uint8Array, durable: () => void): void {
    const done = (error: HeliographError | null): void => {
      if (error === null) durable();
      else if (error.code !== 'HG_JOURNAL_CLOSED') {
        this.#host.timer(() => this.#add(created, body, durable), RETRY_MS);
      }
    };
    this.#spool.add('alert', { kind: 'events', created, items: 1, body, marks: [], done });
  }
}
