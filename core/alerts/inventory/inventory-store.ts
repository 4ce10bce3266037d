import type { DatabaseSync } from 'node:sqlite';
import { storeTransaction } from '../../disk/transaction.ts';

/** A host or relay that somebody took out of service. */
export interface Decommissioned {
  readonly name: string;
  /** ms since the epoch. */
  readonly at: number;
  /** The name of a token. */
  readonly by: string;
  readonly note: string;
}

/** What is known of a relay's process while it is away. */
export interface KnownRelay {
  readonly key: string;
  readonly site: string;
  /** When it was last seen connected, ms since the epoch; kept as of the moment it went. */
  readonly seen: number;
}

/** Hosts that went silent together. */
export interface SilentGroup {
  /** Its alert's label `since`, and its relay. */
  readonly since: string;
  readonly relay: string;
  readonly site: string;
  readonly hosts: readonly string[];
}

/** What the inventory must know after a restart and has from nobody else. Every call is durable when it returns, or throws HG_STORE_DISK. */
export class InventoryStore {
  readonly #database: DatabaseSync;
  readonly #path: string;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
    database.exec(`
      CREATE TABLE IF NOT EXISTS inventory_first (host TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS inventory_decommissioned (
        name TEXT PRIMARY KEY, at REAL NOT NULL, by TEXT NOT NULL, note TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS inventory_relays (key TEXT PRIMARY KEY, site TEXT NOT NULL, seen REAL NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS inventory_groups (
        relay TEXT NOT NULL, since TEXT NOT NULL, site TEXT NOT NULL, hosts TEXT NOT NULL, PRIMARY KEY (relay, since)) WITHOUT ROWID;
    `);
  }

  /** Since when hosts are expected that were not seen yet, ms since the epoch. */
  firsts(): Map<string, number> {
    const rows = this.#database.prepare('SELECT host, at FROM inventory_first').all();
    return new Map(rows.map((row) => [row.host as string, row.at as number]));
  }

  /** @param come in the list from now on @param gone not any more */
  setFirsts(come: ReadonlyMap<string, number>, gone: readonly string[]): void {
    if (come.size === 0 && gone.length === 0) return;
    this.#write(() => {
      const put = this.#database.prepare('INSERT OR IGNORE INTO inventory_first VALUES (?, ?)');
      const remove = this.#database.prepare('DELETE FROM inventory_first WHERE host = ?');
      for (const [host, at] of come) put.run(host, at);
      for (const host of gone) remove.run(host);
    });
  }

  decommissioned(): Decommissioned[] {
    const rows = this.#database.prepare('SELECT name, at, by, note FROM inventory_decommissioned ORDER BY name').all();
    return rows as unknown as Decommissioned[];
  }

  decommission({ name, at, by, note }: Decommissioned): void {
    this.#write(() =>
      this.#database
        .prepare('INSERT OR REPLACE INTO inventory_decommissioned VALUES (?, ?, ?, ?)')
        .run(name, at, by, note),
    );
  }

  recommission(name: string): void {
    this.#write(() => this.#database.prepare('DELETE FROM inventory_decommissioned WHERE name = ?').run(name));
  }

  relays(): KnownRelay[] {
    return this.#database.prepare('SELECT key, site, seen FROM inventory_relays').all() as unknown as KnownRelay[];
  }

  putRelay({ key, site, seen }: KnownRelay): void {
    this.#write(() =>
      this.#database.prepare('INSERT OR REPLACE INTO inventory_relays VALUES (?, ?, ?)').run(key, site, seen),
    );
  }

  forgetRelay(key: string): void {
    this.#write(() => this.#database.prepare('DELETE FROM inventory_relays WHERE key = ?').run(key));
  }

  groups(): SilentGroup[] {
    const rows = this.#database.prepare('SELECT relay, since, site, hosts FROM inventory_groups').all();
    return rows.map((row) => ({ ...row, hosts: JSON.parse(row.hosts as string) }) as SilentGroup);
  }

  /** Without hosts it is over. */
  putGroup({ relay, since, site, hosts }: SilentGroup): void {
    this.#write(() => {
      if (hosts.length === 0) {
        this.#database.prepare('DELETE FROM inventory_groups WHERE relay = ? AND since = ?').run(relay, since);
      } else {
        const put = this.#database.prepare('INSERT OR REPLACE INTO inventory_groups VALUES (?, ?, ?, ?)');
        put.run(relay, since, site, JSON.stringify(hosts));
      }
    });
  }

  #write(run: () => void): void {
    storeTransaction(this.#database, this.#path, run);
  }
}
