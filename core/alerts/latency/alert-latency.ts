import type { DatabaseSync } from 'node:sqlite';
import { alertKey } from '../../../lib/alerts/alert-key.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../lib/log.ts';
import type { Histogram, Registry } from '../../../lib/metrics.ts';
import { databaseError } from '../../disk/damage.ts';
import { transaction } from '../../disk/transaction.ts';
import type { Alert, AlertSource } from '../alert.ts';
import { bucketOf, longestOf, quantileOf } from './time-buckets.ts';

const HOUR_MS = 3_600_000;
const KEPT_HOURS = 30 * 24;
/** Alerts whose notification was counted: the next message about the same is none. */
const KEYS_KEPT_MS = 7 * 86_400_000;
const MOST_KEYS = 200_000;
const BOUNDS = [0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 45, 60, 90, 120, 300, 600, 1800];

export type LatencySource = AlertSource | 'canary';

/** How long people waited to hear of what happened. Times are s, quantiles a twentieth too large at most; null: there were none. */
export interface LatencyFigure {
  /** `all` is without the canary. */
  readonly source: LatencySource | 'all';
  readonly count: number;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
  /** How many took no longer than each of these. */
  readonly buckets: readonly { readonly le: number; readonly count: number }[];
}

export interface AlertLatencyParts {
  /** The alerts' own. */
  readonly database: DatabaseSync;
  /** What errors name. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly registry: Registry;
}

/**
 * The time from what an alert tells of to the first receiver's answer that it has it, kept over restarts by hour and source. From the sample, the line or
 * the end of a connection where it is known, else from when the alert began to hold.
 */
export class AlertLatency {
  readonly #parts: AlertLatencyParts;
  readonly #histogram: Histogram;
  readonly #keys = new Map<string, number>();
  #unwritten: { key: string; at: number; hour: number; source: LatencySource; seconds: number }[] = [];
  #due: NodeJS.Immediate | null = null;
  #toldTrouble = false;

  constructor(parts: AlertLatencyParts) {
    this.#parts = parts;
    const { database, registry } = parts;
    database.exec(`
      CREATE TABLE IF NOT EXISTS alert_latency (
        hour INTEGER NOT NULL, source TEXT NOT NULL, bucket INTEGER NOT NULL, count INTEGER NOT NULL, longest REAL NOT NULL,
        PRIMARY KEY (hour, source, bucket)) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS alert_latency_keys (key TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID;
    `);
    for (const row of database.prepare('SELECT key, at FROM alert_latency_keys ORDER BY at').all()) {
      this.#keys.set(row.key as string, row.at as number);
    }
    this.#histogram = registry.histogram(
      'heliograph_core_alerts_event_to_notification_seconds',
      'From what an alert tells of to the first receiver that has it, by source.',
      BOUNDS,
    );
  }

  /**
   * A receiver has an alert that fires. The first of an alert counts; what is told again, also after a restart, does not.
   * @param at when it answered, ms since the epoch @param canary when its value crossed the threshold; not there: it is no canary's
   * @returns whether it was the first
   */
  observe(alert: Alert, at: number, canary?: number | null): boolean {
    if (alert.state === 'pending') return false;
    const key = alertKey(alert);
    if (this.#keys.has(key)) return false;
    this.#keys.set(key, at);
    const source = canary === undefined ? alert.source : 'canary';
    const seconds = Math.max(0, at - (canary ?? alert.eventAt ?? alert.activeAt)) / 1000;
    this.#histogram.observe({ source }, seconds);
    this.#unwritten.push({ key, at, hour: Math.floor(at / HOUR_MS), source, seconds });
    // Together with others of the same message.
    this.#due ??= setImmediate(() => this.write());
    return true;
  }

  /** Writes what is not written yet; what the disk refuses is counted in memory only, and the log says so. */
  write(): void {
    if (this.#due) clearImmediate(this.#due);
    this.#due = null;
    const rows = this.#unwritten.splice(0);
    if (rows.length === 0) return;
    try {
      transaction(this.#parts.database, () => this.#put(rows));
      this.#toldTrouble = false;
    } catch (error) {
      if (!this.#toldTrouble) {
        this.#parts.log.warn('times to notifications could not be written', {
          'error.message': String(databaseError(this.#parts.path, error)),
        });
      }
      this.#toldTrouble = true;
    }
  }

  /** @param rangeMs how far to look back; whole hours. All sources first, then each that has any. */
  figures(rangeMs: number): LatencyFigure[] {
    this.write();
    const { database, clock } = this.#parts;
    const from = Math.floor((clock.now() - rangeMs) / HOUR_MS);
    const rows = database
      .prepare(
        'SELECT source, bucket, sum(count) AS count, max(longest) AS longest FROM alert_latency WHERE hour >= ? GROUP BY source, bucket',
      )
      .all(from) as unknown as { source: LatencySource; bucket: number; count: number; longest: number }[];
    const sources = [...new Set(rows.map(({ source }) => source))].sort();
    return [
      figureOf(
        'all',
        rows.filter(({ source }) => source !== 'canary'),
      ),
      ...sources.map((source) =>
        figureOf(
          source,
          rows.filter((row) => row.source === source),
        ),
      ),
    ];
  }

  #put(rows: readonly { key: string; at: number; hour: number; source: LatencySource; seconds: number }[]): void {
    const { database, clock } = this.#parts;
    const add = database.prepare(`
      INSERT INTO alert_latency VALUES (?, ?, ?, 1, ?)
      ON CONFLICT DO UPDATE SET count = count + 1, longest = max(longest, excluded.longest)`);
    const key = database.prepare('INSERT OR IGNORE INTO alert_latency_keys VALUES (?, ?)');
    for (const { key: name, at, hour, source, seconds } of rows) {
      add.run(hour, source, bucketOf(seconds), seconds);
      key.run(name, at);
    }
    const now = clock.now();
    database.prepare('DELETE FROM alert_latency WHERE hour < ?').run(Math.floor(now / HOUR_MS) - KEPT_HOURS);
    const forget = database.prepare('DELETE FROM alert_latency_keys WHERE key = ?');
    for (const [name, at] of this.#keys) {
      if (now - at < KEYS_KEPT_MS && this.#keys.size <= MOST_KEYS) break;
      this.#keys.delete(name);
      forget.run(name);
    }
  }
}

function figureOf(
  source: LatencyFigure['source'],
  rows: readonly { bucket: number; count: number; longest: number }[],
): LatencyFigure {
  const counts = new Map<number, number>();
  let count = 0;
  let max: number | null = null;
  for (const row of rows) {
    counts.set(row.bucket, (counts.get(row.bucket) ?? 0) + row.count);
    count += row.count;
    max = Math.max(max ?? 0, row.longest);
  }
  const quantile = (share: number) => {
    const value = quantileOf(counts, share);
    return value === null ? null : Math.min(value, max!);
  };
  const within = (le: number) => {
    let sum = 0;
    for (const [bucket, n] of counts) if (longestOf(bucket) <= le * 1.05) sum += n;
    return sum;
  };
  return {
    ...{ source, count, p50: quantile(0.5), p99: quantile(0.99), max },
    buckets: BOUNDS.map((le) => ({ le, count: within(le) })),
  };
}
