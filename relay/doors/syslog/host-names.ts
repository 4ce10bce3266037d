import type { Peer } from '../../../lib/doors/syslog/peers.ts';
import { tokenMask } from '../../../lib/mask/tokens.ts';
import { HOST_NAME } from '../../../proto/topics.ts';

/** Under which lines stand when there are too many hosts, and of addresses too. */
export const OVER = 'syslog';
const HOUR = 3_600_000;
const TOKENS = tokenMask(() => undefined);

/** Of the names, those that one address may bring; of a bound below the least, all. */
const SHARE = 0.5;
const LEAST_SHARE = 100;

/**
 * The host of a line: as the message says where its sender may name hosts, else the sender's own name. Each host costs memory here and at the core, and
 * in UDP anybody writes any name: so many within the hour have lines of their own, and half of them at most by one address. Names of certificates are
 * not counted: nobody invents them.
 */
export class HostNames {
  readonly #most: number;
  readonly #share: number;
  readonly #onOver: () => void;
  #hour = 0;
  /** Of this hour, and of the one before: by which address each came first. */
  #names = new Map<string, string>();
  #before = new Map<string, string>();
  /** How many of both came by each address. */
  #counts = new Map<string, number>();

  /** @param onOver told of each line whose host is one too many */
  constructor(most: number, onOver: () => void) {
    this.#most = most;
    this.#share = Math.max(Math.floor(most * SHARE), Math.min(most, LEAST_SHARE));
    this.#onOver = onOver;
  }

  /** @param said '' or what stands in the message @param now ms since the epoch */
  of(said: string, peer: Peer, now: number): string {
    const hour = Math.floor(now / HOUR);
    if (hour !== this.#hour) this.#turn(hour);
    const isName = peer.anyHost && HOST_NAME.test(said) && (this.#names.has(said) || !isToken(said));
    const wanted = isName ? said : peer.name;
    if (this.#has(wanted, peer)) return wanted;
    this.#onOver();
    return this.#has(peer.name, peer) ? peer.name : OVER;
  }

  #turn(hour: number): void {
    this.#before = hour === this.#hour + 1 ? this.#names : new Map();
    this.#names = new Map();
    this.#hour = hour;
    this.#counts = new Map();
    for (const address of this.#before.values()) this.#count(address);
  }

  #has(name: string, peer: Peer): boolean {
    if (this.#names.has(name) || (peer.certified === true && name === peer.name)) return true;
    // Who was there an hour ago is before who comes.
    let address = this.#before.get(name);
    if (address === undefined) {
      address = peer.address;
      if (this.#names.size + this.#before.size >= this.#most) return false;
      if ((this.#counts.get(address) ?? 0) >= this.#share) return false;
      this.#count(address);
    }
    this.#before.delete(name);
    this.#names.set(name, address);
    return true;
  }

  #count(address: string): void {
    this.#counts.set(address, (this.#counts.get(address) ?? 0) + 1);
  }
}

/** A key that has come to stand where the host should: as the name of a host it would be written everywhere. */
function isToken(name: string): boolean {
  const bytes = Buffer.from(name, 'latin1');
  return TOKENS.cover(bytes, 0, bytes.length) > 0;
}
