import type { Ledger } from '../lib/ledger.ts';
import type { FromRelay } from './stream-messages.ts';

/** Tells the core the relay's account, one report at a time: a core that does not read must not have them all in our memory. */
export class AccountReport {
  readonly #draw: () => Ledger;
  readonly #send: (message: FromRelay, done: () => void) => boolean;
  #busy = false;

  /** @param send false: there is no stream; otherwise `done` follows when the transport has it */
  constructor(draw: () => Ledger, send: (message: FromRelay, done: () => void) => boolean) {
    this.#draw = draw;
    this.#send = send;
  }

  /** A new stream: what the old one still had is gone with it. */
  opened(): void {
    this.#busy = false;
  }

  /** Called now and then; leaves it out while the one before is on its way. @returns whether one was sent */
  send(): boolean {
    if (this.#busy) return false;
    this.#busy = true;
    const ledger = Buffer.from(JSON.stringify(this.#draw()));
    this.#busy = this.#send({ ledger: { ledger } }, () => {
      this.#busy = false;
    });
    return this.#busy;
  }
}
