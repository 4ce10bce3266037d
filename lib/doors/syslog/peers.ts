import { BlockList, isIPv6 } from 'node:net';
import type { AddressRange } from '../../config/cidr.ts';
import { isLoopback } from '../../config/loopback.ts';

/** Who sends, as its address or certificate says. */
export interface Peer {
  /** What it is called where its messages do not say, or may not. */
  readonly name: string;
  /** Without a port; an IPv4 address in its own form. */
  readonly address: string;
  /** Its messages may name the host that they are of. */
  readonly anyHost: boolean;
  /** Its name stands in a certificate. */
  readonly certified?: boolean;
}

/** Addresses remembered. In UDP they are whatever a sender writes. */
const REMEMBERED = 10_000;
/** As the other doors call this machine. */
const LOCAL = 'local';

/** The peers by address: who may send, and under which name. */
export class Peers {
  readonly #allowed: BlockList | null;
  readonly #anyHost: boolean;
  readonly #known = new Map<string, Peer | null>();

  /** @param allow empty: all @param anyHost whether messages may name their host */
  constructor(allow: readonly AddressRange[], anyHost: boolean) {
    this.#anyHost = anyHost;
    this.#allowed = allow.length === 0 ? null : new BlockList();
    for (const { address, prefix, family } of allow) this.#allowed!.addSubnet(address, prefix, family);
  }

  /** Null: it may not send. */
  of(from: string): Peer | null {
    let peer = this.#known.get(from);
    if (peer === undefined) {
      const address = plainAddress(from);
      const allowed = this.#allowed?.check(address, isIPv6(address) ? 'ipv6' : 'ipv4') ?? true;
      peer = allowed ? { name: nameOfAddress(address), address, anyHost: this.#anyHost } : null;
      if (this.#known.size >= REMEMBERED) this.#known.clear();
      this.#known.set(from, peer);
    }
    return peer;
  }
}

/** `::ffff:10.0.0.1` is 10.0.0.1, and `fe80::1%eth0` is fe80::1. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
}

/** An address as the name of a host, which has no colons: `2001-db8--7`; this machine is `local`. */
export function nameOfAddress(address: string): string {
  if (isLoopback(address)) return LOCAL;
  return address.replaceAll(':', '-').replace(/^-/, '0-');
}
