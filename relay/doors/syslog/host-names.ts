import { HOST_NAME } from '../../../proto/topics.ts';
import type { Peer } from './peers.ts';

/** Under which lines stand when there are too many hosts, and of addresses too. */
export const OVER = 'syslog';
const HOUR = 3_600_000;

/**
 * The host of a line: as the message says where its sender may name hosts, else the sender's own name. Each host costs memory here and at the core, and
 * in UDP anybody writes any name: so many within the hour have lines of their own.
 */
export class HostNames {
  readonly #most: number;
  readonly #onOver: () => void;
  #hour = 0;
  /** Of this hour, and of the one before. */
  #names = new Set<string>();
  #before = new Set<string>();

  /** @param onOver told of each line whose host is one too many */
  constructor(most: number, onOver: () => void) {
    this.#most = most;
    this.#onOver = onOver;
  }

  /** @param said '' or what stands in the message @param now ms since the epoch */
  of(said: string, peer: Peer, now: number): string {
    const hour = Math.floor(now / HOUR);
    if (hour !== this.#hour) {
      this.#before = hour === this.#hour + 1 ? this.#names : new Set();
      this.#names = new Set();
      this.#hour = hour;
    }
    const wanted = peer.anyHost && HOST_NAME.test(said) ? said : peer.name;
    if (this.#has(wanted)) return wanted;
    this.#onOver();
    return this.#has(peer.name) ? peer.name : OVER;
  }

  #has(name: string): boolean {
    if (this.#names.has(name)) return true;
    // Who was there an hour ago is before who comes.
    const isNew = !this.#before.has(name);
    if (isNew && this.#names.size + this.#before.size >= this.#most) return false;
    this.#before.delete(name);
    this.#names.add(name);
    return true;
  }
}
