import type { RelayLink } from '../fleet/fleet.ts';
import { relayOfKey } from '../fleet/relay-key.ts';
import type { PeerState } from './state.ts';

/** A relay that is with another process. */
export class PeerLink implements RelayLink {
  readonly relay: string;
  readonly key: string;
  readonly workers: number;
  readonly site: string;
  readonly since: number;
  readonly software: string;
  readonly #send: () => void;

  constructor(said: PeerState['relays'][number], send: () => void) {
    this.key = said.relay;
    this.relay = relayOfKey(said.relay);
    this.workers = said.workers ?? 1;
    this.site = said.site;
    this.since = said.since;
    this.software = said.software;
    this.#send = send;
  }

  sendDesired(): void {
    this.#send();
  }

  need(): void {
    // The gateway it is with asks by itself.
  }
}
