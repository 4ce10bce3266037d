import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import type { Counter, Registry } from '../../lib/metrics.ts';
import type { Health } from '../api/health.ts';
import type { CoreConfig } from '../config.ts';
import { openOwnDatabase } from '../disk/own-database.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Account } from '../ledger/account.ts';
import type { Stores } from '../stores.ts';
import { AlertBook } from './alert-book.ts';
import { AlertStore } from './alert-store.ts';
import { type Notifications, openNotifications } from './notify/open.ts';
import { openRules, type Rules } from './rules/open.ts';

/** What alerts stand on. */
export interface AlertParts extends Stores {
  readonly config: CoreConfig;
  readonly fleet: Fleet;
  readonly account: Account;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly registry: Registry;
  readonly health: Health;
  readonly refused: Counter;
}

/** The alerts of a core, while it is up. */
export interface Alerts {
  readonly book: AlertBook;
  readonly store: AlertStore;
  readonly rules: Rules;
  readonly notifications: Notifications;
  close(): Promise<void>;
}

/**
 * Puts alerts together: one book and one database for all that find them, and one that notifies.
 * @throws HeliographError HG_STORE_LOCKED, HG_STORE_DAMAGED, HG_STORE_DISK, HG_ALERT_LEASE
 */
export async function openAlerts(parts: AlertParts): Promise<Alerts> {
  const { config, clock, registry, log, random } = parts;
  mkdirSync(config.dataDir, { recursive: true });
  const path = join(config.dataDir, 'alerts.db');
  const database = openOwnDatabase(path);
  const store = new AlertStore(database, path);
  const book = new AlertBook(store, config.alerts.maxAlerts);
  registry.gauge('heliograph_core_alerts', 'Alerts by state.').collect(() => {
    const states = { pending: 0, firing: 0, resolved: 0 };
    for (const { state } of book.all()) states[state]++;
    return Object.entries(states).map(([state, alerts]) => [{ state }, alerts] as const);
  });
  const { host, port } = config.http.listen;
  let notifications: Notifications;
  try {
    notifications = await openNotifications({
      ...{ book, database, path, clock, random, log, registry },
      config: config.alerts.notify,
      ownUrl: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
      lease: config.alerts.lease ? { config: config.alerts.lease, kafka: config.kafka, clock, log } : null,
    });
  } catch (error) {
    database.close();
    throw error;
  }
  const rules = openRules(parts, book);
  return {
    book,
    store,
    rules,
    notifications,
    close: async () => {
      await rules.close();
      await notifications.close();
      book.commit(clock.now());
      database.close();
    },
  };
}
