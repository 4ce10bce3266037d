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
import type { LogTail } from '../tail/log-tail.ts';
import type { Alert } from './alert.ts';
import { AlertBook } from './alert-book.ts';
import { AlertStore } from './alert-store.ts';
import { CanaryWatch, crossedAt } from './canary/canary-watch.ts';
import { Inventory } from './inventory/inventory.ts';
import { InventoryStore } from './inventory/inventory-store.ts';
import { AlertLatency } from './latency/alert-latency.ts';
import { LogAlerts } from './logs/log-alerts.ts';
import { LogRuleStore } from './logs/log-rule-store.ts';
import { type Notifications, openNotifications } from './notify/open.ts';
import { openRelayAlerts } from './relays/open.ts';
import { RelayAlertStore } from './relays/relay-alert-store.ts';
import { openRules, type Rules } from './rules/open.ts';

/** What alerts stand on. */
export interface AlertParts extends Stores {
  readonly config: CoreConfig;
  readonly fleet: Fleet;
  readonly tail: LogTail;
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
  readonly inventory: Inventory;
  /** Null: there are no rules over log lines. */
  readonly logAlerts: LogAlerts | null;
  readonly latency: AlertLatency;
  readonly notifications: Notifications;
  readonly rules: Rules;
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
  const ownUrl = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  let notifications: Notifications;
  try {
    notifications = await openNotifications({
      ...{ book, database, path, clock, random, log, registry },
      config: config.alerts.notify,
      ownUrl,
      lease: config.alerts.lease ? { config: config.alerts.lease, kafka: config.kafka, clock, log } : null,
    });
  } catch (error) {
    database.close();
    throw error;
  }
  // A relay tells people of those itself; here they are shown.
  notifications.notifier.exceptWhen(({ notifiedBy }) => (notifiedBy ?? null) !== null);
  const latency = new AlertLatency({ database, path, clock, log, registry });
  const canary = new CanaryWatch({
    ...{ config: config.alerts.canary, database, path, book, clock, log },
    notifies: () => notifications.notifies(),
  });
  const told = (alert: Alert) => {
    const isCanary = canary.isCanary(alert);
    latency.observe(alert, clock.now(), isCanary ? crossedAt(alert) : undefined);
    if (isCanary) canary.heard(alert);
  };
  notifications.onSent((alert, _, status) => {
    if (status === 'firing') told(alert);
  });
  const { receivers, alertmanagers } = config.alerts.notify;
  if (receivers.length + alertmanagers.length === 0) {
    // The way ends here: nobody else can say that a canary's alert came through.
    book.onChange((alert, change) => {
      if (change === 'firing' && canary.isCanary(alert)) told(alert);
    });
  }
  const inventory = new Inventory({
    ...{ config: config.alerts.hosts, store: new InventoryStore(database, path), book },
    ...{ fleet: parts.fleet, clock, log, health: parts.health, registry },
  });
  const closeRelays = await openRelayAlerts({
    ...{ bus: parts.bus, store: new RelayAlertStore(database, path), book, clock, log },
    ...{ health: parts.health, refused: parts.refused, isOut: (relay) => inventory.isOut(relay) },
  });
  const { file } = config.alerts.logs;
  const logAlerts =
    file === undefined
      ? null
      : new LogAlerts({
          ...{ config: { ...config.alerts.logs, file }, store: new LogRuleStore(database, path), book, clock },
          ...{ logs: parts.logs, tail: parts.tail, log, registry },
          externalUrl: config.alerts.notify.externalUrl ?? ownUrl,
        });
  const rules = openRules(parts, book);
  return {
    book,
    store,
    rules,
    notifications,
    inventory,
    logAlerts,
    latency,
    close: async () => {
      await rules.close();
      inventory.close();
      await closeRelays();
      await logAlerts?.close();
      canary.close();
      await notifications.close();
      latency.write();
      book.commit(clock.now());
      database.close();
    },
  };
}
