/** No relay can send a collector away for longer, ms. */
const MOST_HINT_MS = 600_000;

export interface RelayAddress {
  readonly host: string;
  readonly port: number;
  /** Where MQTT is spoken over WebSocket; left out: straight over TLS. */
  readonly path?: string;
}

/** Whose turn it is of several relays, each of which may have asked to be left alone for a time. */
export class RelayTurns {
  readonly #relays: readonly RelayAddress[];
  /** Until when each is left alone, monotonic ms. */
  readonly #until: number[];
  #turn = 0;

  constructor(relays: readonly RelayAddress[]) {
    this.#relays = relays;
    this.#until = relays.map(() => 0);
  }

  /** The relay of the current or next attempt. */
  get relay(): RelayAddress {
    return this.#relays[this.#turn]!;
  }

  /** The current relay asks to stay away for `ms`; ten minutes at most. */
  hint(ms: number, now: number): void {
    this.#until[this.#turn] = now + Math.min(ms, MOST_HINT_MS);
  }

  /** On to the next that may be tried; if none may, to the one whose time comes first. */
  next(now: number): void {
    const count = this.#relays.length;
    let best = -1;
    for (let step = 1; step <= count; step++) {
      const at = (this.#turn + step) % count;
      if (best < 0 || this.#held(at, now) < this.#held(best, now)) best = at;
    }
    this.#turn = best;
  }

  /** How much longer the relay whose turn it is is to be left alone, ms. */
  heldMs(now: number): number {
    return this.#held(this.#turn, now);
  }

  #held(at: number, now: number): number {
    return Math.max(0, this.#until[at]! - now);
  }
}

export function addressText(relay: RelayAddress): string {
  const at = `${relay.host.includes(':') ? `[${relay.host}]` : relay.host}:${relay.port}`;
  return relay.path === undefined ? at : `wss://${at}${relay.path}`;
}
