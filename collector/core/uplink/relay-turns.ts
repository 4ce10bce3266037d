import { hostPort } from '../../../lib/host-port.ts';

/** No relay can send a collector away for longer, ms. */
const MOST_HINT_MS = 600_000;

export interface RelayAddress {
  readonly host: string;
  readonly port: number;
  /** Where MQTT is spoken over WebSocket; left out: straight over TLS. */
  readonly path?: string;
}

/** Whose turn it is of several relays, the best first, each of which may have asked to be left alone for a time. */
export class RelayTurns {
  readonly #relays: readonly RelayAddress[];
  /** Until when each is left alone, monotonic ms. */
  readonly #until: number[];
  #turn = 0;
  /** The next one is looked for from the best on. */
  #fromBest = false;

  /** @param relays in the order of this host */
  constructor(relays: readonly RelayAddress[]) {
    this.#relays = relays;
    this.#until = relays.map(() => 0);
  }

  /** The relay of the current or next attempt. */
  get relay(): RelayAddress {
    return this.#relays[this.#turn]!;
  }

  /** The place of that one in the host's order; 0 is the best. */
  get place(): number {
    return this.#turn;
  }

  at(place: number): RelayAddress {
    return this.#relays[place]!;
  }

  /** It is the turn of the relay at this place. */
  take(place: number): void {
    this.#turn = place;
  }

  /** A relay, the current one unless another is given, asks to stay away for `ms`; ten minutes at most. */
  hint(ms: number, now: number, place = this.#turn): void {
    this.#until[place] = now + Math.min(ms, MOST_HINT_MS);
  }

  /** The current relay served for a while: after it, whichever is best has a turn first. */
  served(): void {
    this.#fromBest = true;
  }

  /** On to the next that may be tried; if none may, to the one whose time comes first. */
  next(now: number): void {
    const count = this.#relays.length;
    const places = Array.from({ length: count }, (_, step) => (this.#turn + 1 + step) % count);
    // The current one stays last.
    if (this.#fromBest) places.sort((a, b) => Number(a === this.#turn) - Number(b === this.#turn) || a - b);
    this.#fromBest = false;
    let best = places[0]!;
    for (const place of places) if (this.heldMs(now, place) < this.heldMs(now, best)) best = place;
    this.#turn = best;
  }

  /** The places that may be tried now beside the current one, the best first. */
  others(now: number): number[] {
    return this.#relays.flatMap((_, place) => (place !== this.#turn && this.heldMs(now, place) === 0 ? [place] : []));
  }

  /** How much longer all others are to be left alone, ms; null: there is none. */
  othersHeldMs(now: number): number | null {
    const held = this.#relays.flatMap((_, place) => (place === this.#turn ? [] : [this.heldMs(now, place)]));
    return held.length === 0 ? null : Math.min(...held);
  }

  /** The places that are better than the current one and may be tried now, the best first. */
  better(now: number): number[] {
    return this.others(now).filter((place) => place < this.#turn);
  }

  /** How much longer a relay, the one whose turn it is unless another is given, is to be left alone, ms. */
  heldMs(now: number, place = this.#turn): number {
    return Math.max(0, this.#until[place]! - now);
  }
}

export function addressText(relay: RelayAddress): string {
  const at = hostPort(relay);
  return relay.path === undefined ? at : `wss://${at}${relay.path}`;
}
