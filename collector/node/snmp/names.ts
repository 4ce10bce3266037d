import { isIP } from 'node:net';
import { OneAtATime } from '../../../lib/one-at-a-time.ts';
import type { Device } from './device.ts';
import { failure } from './failure.ts';
import type { Peer } from './session.ts';

export type Lookup = (host: string) => Promise<Peer>;

/** An address is used for so long before its name is asked again. */
const FRESH_MS = 300_000;
/** After a name was not found it is not asked again for so long. */
const AGAIN_MS = 30_000;

interface Known {
  peer: Peer | null;
  at: number;
  asking: Promise<Peer> | null;
}

/**
 * Addresses of devices by name. The system's resolver blocks one of a few threads that the whole process shares, so one name is asked at a time, and a name that has an address is
 * polled at that while it is asked again: a resolver that hangs delays nobody who was found before.
 */
export class Names {
  readonly #known = new Map<string, Known>();
  readonly #lookup: Lookup;
  readonly #mono: () => number;
  readonly #lookups = new OneAtATime();

  constructor(mono: () => number, lookup: Lookup = systemLookup) {
    this.#mono = mono;
    this.#lookup = lookup;
  }

  /** @throws HG_SNMP_NAME */
  async find(device: Device): Promise<Peer> {
    const { host } = device;
    const family = isIP(host);
    if (family !== 0) return { address: host, family: family === 6 ? 6 : 4 };
    let known = this.#known.get(host);
    if (known === undefined) {
      known = { peer: null, at: Number.NEGATIVE_INFINITY, asking: null };
      this.#known.set(host, known);
    }
    const age = this.#mono() - known.at;
    if (known.peer !== null) {
      if (age > FRESH_MS && known.asking === null) this.#ask(host, known).catch(() => undefined);
      return known.peer;
    }
    try {
      if (known.asking === null && age < AGAIN_MS) throw new Error('it was not found a moment ago');
      return await (known.asking ?? this.#ask(host, known));
    } catch (error) {
      throw failure(
        'HG_SNMP_NAME',
        device,
        `its name is not found: ${(error as Error).message}; give its address, or check the resolver`,
        error,
      );
    }
  }

  /** Where a device was found, as far as that is known. */
  addressOf({ host }: Device): string | null {
    return isIP(host) !== 0 ? host : (this.#known.get(host)?.peer?.address ?? null);
  }

  /** Only these are asked for from now on. */
  keep(hosts: ReadonlySet<string>): void {
    for (const host of this.#known.keys()) if (!hosts.has(host)) this.#known.delete(host);
  }

  #ask(host: string, known: Known): Promise<Peer> {
    const asking = this.#lookups
      .run(() => this.#lookup(host))
      .then((peer) => {
        known.peer = peer;
        return peer;
      })
      .finally(() => {
        known.at = this.#mono();
        known.asking = null;
      });
    known.asking = asking;
    return asking;
  }
}

async function systemLookup(host: string): Promise<Peer> {
  const { lookup } = await import('node:dns/promises');
  const { address, family } = await lookup(host);
  return { address, family: family === 6 ? 6 : 4 };
}
