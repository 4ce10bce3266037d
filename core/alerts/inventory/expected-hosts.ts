import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ISSUED_FILE, readIssued } from '../../../lib/certificates/issued.ts';
import { REVOKED_FILE } from '../../../lib/certificates/revocation.ts';
import { HeliographError } from '../../../lib/errors.ts';
import { changeDetector } from '../../../lib/file-watch.ts';
import { anyGlob } from '../../../lib/log-lines/name-glob.ts';
import type { HostsConfig } from './config.ts';
import type { Decommissioned, InventoryStore } from './inventory-store.ts';

/** How often files are looked at, ms. */
const LOOK_EVERY_MS = 5_000;
/** Out of service by hand. */
const MOST_OUT = 20_000;

export interface ExpectedHostsParts {
  readonly config: HostsConfig;
  readonly store: InventoryStore;
  /** ms on a clock that never steps. */
  readonly mono: () => number;
  /** Told once when a file cannot be read, and null when it can be again. What was read before stays. */
  readonly onTrouble: (trouble: string | null) => void;
}

/** Who is expected though nobody may ever have seen them, and who is out of service. */
export class ExpectedHosts {
  readonly #parts: ExpectedHostsParts;
  readonly #changed: () => boolean;
  readonly #outByConfig: (name: string) => boolean;
  readonly #outByHand: Map<string, Decommissioned>;
  #listed: ReadonlySet<string> = new Set();
  #revoked: ReadonlySet<string> = new Set();
  #lookedAt = Number.NEGATIVE_INFINITY;
  #trouble: string | null = null;

  constructor(parts: ExpectedHostsParts) {
    this.#parts = parts;
    const { authority, expectFile, decommissioned } = parts.config;
    const folder =
      authority === undefined ? [] : [authority, join(authority, ISSUED_FILE), join(authority, REVOKED_FILE)];
    const changed = changeDetector([...folder, ...(expectFile === undefined ? [] : [expectFile])]);
    let first = true;
    this.#changed = () => {
      const was = changed() || first;
      first = false;
      return was;
    };
    this.#outByConfig = anyGlob(decommissioned);
    this.#outByHand = new Map(parts.store.decommissioned().map((one) => [one.name, one]));
  }

  /** Everybody who is listed or has a certificate that is not revoked; out of service or not. */
  get listed(): ReadonlySet<string> {
    return this.#listed;
  }

  /** Hosts and relays that somebody took out of service, by their names. */
  get decommissioned(): ReadonlyMap<string, Decommissioned> {
    return this.#outByHand;
  }

  /** Looks at the files, now and then. */
  refresh(): void {
    const now = this.#parts.mono();
    if (now - this.#lookedAt < LOOK_EVERY_MS) return;
    this.#lookedAt = now;
    if (!this.#changed() && this.#trouble === null) return;
    try {
      this.#read();
      if (this.#trouble !== null) this.#parts.onTrouble(null);
      this.#trouble = null;
    } catch (error) {
      if (this.#trouble === null) this.#parts.onTrouble(String(error));
      this.#trouble = String(error);
    }
  }

  isOut(name: string): boolean {
    return this.#outByHand.has(name) || this.#outByConfig(name) || (this.#revoked.has(name) && !this.#listed.has(name));
  }

  /** @throws HeliographError HG_ALERT_HOSTS_OUT, HG_STORE_DISK */
  decommission(one: Decommissioned): void {
    if (this.#outByHand.size >= MOST_OUT && !this.#outByHand.has(one.name)) {
      throw new HeliographError('HG_ALERT_HOSTS_OUT', `${MOST_OUT} are`, { most: MOST_OUT });
    }
    this.#parts.store.decommission(one);
    this.#outByHand.set(one.name, one);
  }

  /** @returns false: it was not out of service by hand @throws HeliographError HG_STORE_DISK */
  recommission(name: string): boolean {
    if (!this.#outByHand.has(name)) return false;
    this.#parts.store.recommission(name);
    this.#outByHand.delete(name);
    return true;
  }

  #read(): void {
    const { authority, expect, expectFile } = this.#parts.config;
    const listed = new Set(expect);
    const revoked = new Set<string>();
    if (expectFile !== undefined) {
      for (const line of readFileSync(expectFile, 'utf8').split('\n')) {
        const name = line.replace(/#.*/, '').trim();
        if (name !== '') listed.add(name);
      }
    }
    if (authority !== undefined) {
      for (const issued of readIssued(authority)) {
        if (issued.role !== 'collector') continue;
        if (issued.revoked) revoked.add(issued.name);
        else listed.add(issued.name);
      }
    }
    this.#listed = listed;
    this.#revoked = revoked;
  }
}
