import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AlertMaker, Held } from '../../../../core/alerts/alert.ts';
import { AlertBook } from '../../../../core/alerts/alert-book.ts';
import { AlertStore } from '../../../../core/alerts/alert-store.ts';
import { leaseConfig } from '../../../../core/alerts/lease/config.ts';
import { notifyConfig } from '../../../../core/alerts/notify/config.ts';
import { openNotifications } from '../../../../core/alerts/notify/open.ts';
import { openOwnDatabase } from '../../../../core/disk/own-database.ts';
import { kafkaConfig } from '../../../../core/engines/kafka/config.ts';
import { silentLog } from '../../../../lib/log.ts';
import { Registry } from '../../../../lib/metrics.ts';

export const maker: AlertMaker = { id: 'r1', source: 'rule', name: 'Full', forMs: 0, keepFiringForMs: 0 };

/** That an alert of an instance holds; its other labels may be given. */
export const held = (instance: string, more: Record<string, string> = {}): Held => ({
  labels: { alertname: 'Full', instance, ...more },
  annotations: { summary: `${instance} is full` },
  value: '1',
  eventAt: null,
});

export function folder(cleanups: (() => unknown)[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-notify-'));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A clock that a test sets forward; it goes by itself as well. */
export class TestClock {
  #ahead = 0;
  #step = 0;

  now(): number {
    return Date.now() + this.#ahead + this.#step;
  }

  mono(): number {
    return performance.now() + this.#ahead;
  }

  forward(ms: number): void {
    this.#ahead += ms;
  }

  /** As somebody who sets the wall clock. */
  set(ms: number): void {
    this.#step += ms;
  }
}

/** Notifications over a book and a database of their own, as a core has them. */
export async function notifying(
  directory: string,
  config: object,
  more: { clock?: TestClock; lease?: object; kafka?: object } = {},
) {
  const path = join(directory, 'alerts.db');
  const database = openOwnDatabase(path);
  const store = new AlertStore(database, path);
  const book = new AlertBook(store, 30_000);
  const clock = more.clock ?? new TestClock();
  const registry = new Registry();
  const notifications = await openNotifications({
    config: notifyConfig.parse(config),
    ownUrl: 'http://127.0.0.1:9470',
    lease: more.lease
      ? { config: leaseConfig.parse(more.lease), kafka: kafkaConfig.parse(more.kafka ?? {}), clock, log: silentLog }
      : null,
    ...{ book, database, path, clock, registry },
    random: () => 0,
    log: silentLog,
  });
  let there = true;
  return {
    ...{ book, store, clock, registry },
    ...notifications,
    hold: (...alerts: Held[]) => {
      book.hold(maker, alerts, clock.now());
      book.commit(clock.now());
    },
    close: async () => {
      if (!there) return;
      there = false;
      await notifications.close();
      database.close();
    },
  };
}
