import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { storeTransaction } from '../../disk/transaction.ts';

/** An alert that a relay told of. Times are ms since the epoch. */
export interface RelayAlert {
  readonly relay: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  value: string;
  readonly startsAt: number;
  /** When this core heard last of it. */
  heardAt: number;
  over: boolean;
  owner: 'core' | 'relay' | null;
  /** The relay handed it over when it had been read for so little that a taking back may follow: not acted upon yet. */
  doubtful: boolean;
}

/** Alerts of relays, and how far their events were read: both durable at once. */
export class RelayAlertStore {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #put: StatementSync;
  readonly #remove: StatementSync;
  readonly #move: StatementSync;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
    database.exec(`
      CREATE TABLE IF NOT EXISTS relay_alerts (
        relay TEXT NOT NULL, key TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (relay, key)) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS relay_alert_position (topic TEXT PRIMARY KEY, position TEXT NOT NULL) WITHOUT ROWID;
    `);
    this.#put = database.prepare('INSERT OR REPLACE INTO relay_alerts VALUES (?, ?, ?)');
    this.#remove = database.prepare('DELETE FROM relay_alerts WHERE relay = ? AND key = ?');
    this.#move = database.prepare('INSERT OR REPLACE INTO relay_alert_position VALUES (?, ?)');
  }

  alerts(): RelayAlert[] {
    const rows = this.#database.prepare('SELECT document FROM relay_alerts').all();
    return rows.map((row) => JSON.parse(row.document as string) as RelayAlert);
  }

  position(topic: string): string | null {
    const row = this.#database.prepare('SELECT position FROM relay_alert_position WHERE topic = ?').get(topic);
    return (row?.position as string | undefined) ?? null;
  }

  /** @param position null: as it is @throws HeliographError HG_STORE_DISK; nothing is written then */
  write(changed: Iterable<RelayAlert>, gone: Iterable<RelayAlert>, topic: string, position: string | null): void {
    storeTransaction(this.#database, this.#path, () => {
      for (const alert of changed) this.#put.run(alert.relay, alert.key, JSON.stringify(alert));
      for (const { relay, key } of gone) this.#remove.run(relay, key);
      if (position !== null) this.#move.run(topic, position);
    });
  }
}
