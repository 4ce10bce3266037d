import type { DatabaseSync } from 'node:sqlite';
import { alertKey } from '../../../lib/alerts/alert-key.ts';
import { type Clock, steadyTime } from '../../../lib/clock.ts';
import { HeliographError } from '../../../lib/errors.ts';
import type { Logger } from '../../../lib/log.ts';
import { databaseError } from '../../disk/damage.ts';
import type { Alert, AlertMaker, Held } from '../alert.ts';
import type { AlertBook } from '../alert-book.ts';
import type { CanaryConfig } from './config.ts';

const LOOK_EVERY_MS = 1000;
/** Canaries of which it is remembered by which alert they were heard. */
const MOST_KEYS = 10_000;
/** In place of a name, where any canary will do. */
const ANY = '';
const MAKER: AlertMaker = {
  ...{ id: 'own/CanarySilent', source: 'own', name: 'CanarySilent', forMs: 0, keepFiringForMs: 0 },
};

export interface CanaryWatchParts {
  readonly config: CanaryConfig;
  readonly database: DatabaseSync;
  /** What errors name. */
  readonly path: string;
  readonly book: AlertBook;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether this core notifies; one that stands by hears no canary, and waits for none. */
  readonly notifies: () => boolean;
}

/** Waits for the canary's alert: when it does not come in time, that is an alert. Durable: a restart begins no new wait. */
export class CanaryWatch {
  readonly #parts: CanaryWatchParts;
  /** ms since the epoch, without steps. */
  readonly #steady: () => number;
  /** When each canary was heard last, on the steady time. */
  readonly #heard = new Map<string, number>();
  /** By fingerprint, the alert by which one was heard last: it is told again and again while it fires. */
  readonly #keys = new Map<string, string>();
  readonly #timer: NodeJS.Timeout | null;
  #held = '';

  constructor(parts: CanaryWatchParts) {
    this.#parts = parts;
    this.#steady = steadyTime(parts.clock);
    const { config, database, clock, book } = parts;
    database.exec('CREATE TABLE IF NOT EXISTS canaries (host TEXT PRIMARY KEY, heard REAL NOT NULL) WITHOUT ROWID');
    if (config.every === undefined) {
      this.#timer = null;
      book.hold(MAKER, [], clock.now());
      return;
    }
    const rows = database.prepare('SELECT host, heard FROM canaries').all();
    const known = new Map(rows.map((row) => [row.host as string, row.heard as number]));
    for (const host of config.hosts.length > 0 ? config.hosts : [ANY]) {
      // One that is new is waited for from now on.
      this.#heard.set(host, known.get(host) ?? this.#steady());
      if (!known.has(host)) this.#keep(host);
    }
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS);
  }

  /** Whether an alert is a canary's. */
  isCanary(alert: Alert): boolean {
    return alert.labels.alertname === this.#parts.config.alert;
  }

  /** A canary's alert came through, now. */
  heard(alert: Alert): void {
    const key = alertKey(alert);
    if (this.#keys.get(alert.fingerprint) === key) return;
    this.#keys.delete(alert.fingerprint);
    this.#keys.set(alert.fingerprint, key);
    if (this.#keys.size > MOST_KEYS) this.#keys.delete(this.#keys.keys().next().value!);
    for (const host of this.#heard.keys()) {
      if (host !== ANY && host !== alert.labels.instance) continue;
      this.#heard.set(host, this.#steady());
      this.#keep(host);
    }
  }

  /** Looks whether one is missing; called by its own timer. */
  look(): void {
    const { config, clock, book, log, notifies } = this.#parts;
    const now = this.#steady();
    const held: Held[] = [];
    for (const [host, heard] of this.#heard) {
      if (!notifies()) {
        this.#heard.set(host, now);
        continue;
      }
      // The clock was set back: it is waited for anew.
      if (heard > now) this.#heard.set(host, now);
      else if (now - heard > config.every! + config.late) held.push(this.#silent(host, heard));
    }
    const text = JSON.stringify(held);
    if (text === this.#held) return;
    try {
      book.hold(MAKER, held, clock.now());
      book.commit(clock.now());
      this.#held = text;
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      log.error('that the canary is silent could not be kept', { 'error.message': error.message });
    }
  }

  close(): void {
    if (this.#timer) clearInterval(this.#timer);
  }

  #silent(host: string, heard: number): Held {
    const { labels, every } = this.#parts.config;
    const who = host === ANY ? 'The canary' : `The canary ${host}`;
    const since = new Date(heard).toISOString();
    return {
      labels: { ...labels, alertname: MAKER.name, ...(host === ANY ? {} : { instance: host }) },
      annotations: {
        summary: `${who} is silent since ${since}: alerts may not come through`,
        description: `Its alert should come every ${every! / 1000} s, from a host by a relay, the stores, the rules and the notifications. One of these is broken or late.`,
        since,
      },
      value: '1',
      eventAt: heard + every!,
    };
  }

  #keep(host: string): void {
    const { database, path, clock, log } = this.#parts;
    const heard = clock.now() - (this.#steady() - this.#heard.get(host)!);
    try {
      database.prepare('INSERT OR REPLACE INTO canaries VALUES (?, ?)').run(host, heard);
    } catch (error) {
      log.warn('when the canary was heard could not be written', {
        'error.message': String(databaseError(path, error)),
      });
    }
  }
}

/** When a canary's value crossed its threshold, as the value says it, ms since the epoch; null: it says nothing of the kind. */
export function crossedAt(alert: Alert): number | null {
  const seconds = Number(alert.value);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : null;
}
