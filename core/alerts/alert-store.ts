import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { databaseError } from '../disk/damage.ts';
import { transaction } from '../disk/transaction.ts';
import type { Alert } from './alert.ts';

/** One step in an alert's life, for people who look back. */
export interface AlertPast {
  readonly fingerprint: string;
  readonly activeAt: number;
  readonly source: Alert['source'];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly value: string;
  readonly firedAt: number;
  /** Null while it fires. */
  readonly resolvedAt: number | null;
}

/** History is kept for so long, and so much of it. */
const KEPT_MS = 30 * 86_400_000;
const KEPT_ROWS = 100_000;
const TRIM_EACH = 1000;
/** Behind the fingerprint of an end that is kept beside the alert that began anew. */
const ENDING = '/ending';

/** The alerts of a core on disk: those that live, and those that fired. What is put is durable after `commit`. */
export class AlertStore {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #putOne: StatementSync;
  readonly #removeOne: StatementSync;
  readonly #putPast: StatementSync;
  /** By maker and place. */
  readonly #dirty = new Map<string, { readonly alert: Alert; readonly place: string; readonly gone: boolean }>();
  /** Those that fired, for the history: one may end and begin anew, under the same labels, before it is written. */
  readonly #fired = new Set<Alert>();
  #untrimmed = TRIM_EACH;

  /** @param database of its own, core/disk/own-database.ts @param path what errors name */
  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
    database.exec(`
      CREATE TABLE IF NOT EXISTS alerts (
        maker TEXT NOT NULL, fingerprint TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (maker, fingerprint)) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS alert_history (
        fingerprint TEXT NOT NULL, active_at REAL NOT NULL, fired_at REAL NOT NULL, resolved_at REAL, document TEXT NOT NULL,
        PRIMARY KEY (fingerprint, active_at)) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS alert_history_by_time ON alert_history (fired_at);
    `);
    this.#putOne = database.prepare('INSERT OR REPLACE INTO alerts VALUES (?, ?, ?)');
    this.#removeOne = database.prepare('DELETE FROM alerts WHERE maker = ? AND fingerprint = ?');
    this.#putPast = database.prepare('INSERT OR REPLACE INTO alert_history VALUES (?, ?, ?, ?, ?)');
  }

  /** `ending`: the end of one that began anew before it was told. */
  alerts(): { alert: Alert; ending: boolean }[] {
    return this.#database
      .prepare('SELECT fingerprint, document FROM alerts')
      .all()
      .map((row) => ({
        alert: JSON.parse(row.document as string) as Alert,
        ending: (row.fingerprint as string).endsWith(ENDING),
      }));
  }

  put(alert: Alert, ending = false): void {
    this.#note(alert, ending, false);
    if (alert.firedAt !== null) this.#fired.add(alert);
  }

  remove(alert: Alert, ending = false): void {
    this.#note(alert, ending, true);
  }

  #note(alert: Alert, ending: boolean, gone: boolean): void {
    const place = ending ? alert.fingerprint + ENDING : alert.fingerprint;
    this.#dirty.set(`${alert.maker}\n${place}`, { alert, place, gone });
  }

  /** @throws HeliographError HG_STORE_DISK; what was not written is written the next time */
  commit(): void {
    if (this.#dirty.size === 0) return;
    try {
      transaction(this.#database, () => {
        for (const { alert, place, gone } of this.#dirty.values()) {
          if (gone) this.#removeOne.run(alert.maker, place);
          else this.#putOne.run(alert.maker, place, JSON.stringify(alert));
        }
        for (const alert of this.#fired) this.#past(alert);
        this.#trim();
      });
    } catch (error) {
      throw databaseError(this.#path, error);
    }
    this.#dirty.clear();
    this.#fired.clear();
  }

  /** Newest first: what fired within [start, end) ms since the epoch, or was firing then. */
  history(start: number, end: number, limit: number): AlertPast[] {
    return this.#database
      .prepare(
        `SELECT document, resolved_at FROM alert_history
         WHERE fired_at < ? AND (resolved_at IS NULL OR resolved_at >= ?) ORDER BY fired_at DESC LIMIT ?`,
      )
      .all(end, start, limit)
      .map((row) => ({ ...JSON.parse(row.document as string), resolvedAt: row.resolved_at }) as AlertPast);
  }

  #past(alert: Alert): void {
    const { fingerprint, activeAt, firedAt, resolvedAt, source, labels, annotations, value } = alert;
    const document = JSON.stringify({ fingerprint, activeAt, source, labels, annotations, value, firedAt });
    this.#putPast.run(fingerprint, activeAt, firedAt, resolvedAt, document);
    this.#untrimmed++;
  }

  #trim(): void {
    if (this.#untrimmed < TRIM_EACH) return;
    this.#untrimmed = 0;
    const { newest } = this.#database.prepare('SELECT max(fired_at) AS newest FROM alert_history').get() as {
      newest: number | null;
    };
    if (newest === null) return;
    this.#database
      .prepare('DELETE FROM alert_history WHERE resolved_at IS NOT NULL AND fired_at < ?')
      .run(newest - KEPT_MS);
    this.#database
      .prepare(
        `DELETE FROM alert_history WHERE resolved_at IS NOT NULL AND fired_at <
           (SELECT fired_at FROM alert_history ORDER BY fired_at DESC LIMIT 1 OFFSET ?)`,
      )
      .run(KEPT_ROWS);
  }
}
