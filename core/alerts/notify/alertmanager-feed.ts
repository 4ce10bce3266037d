import { alertmanagerBody } from '../../../lib/alerts/alertmanager-body.ts';
import { Backoff } from '../../../lib/alerts/backoff.ts';
import type { HttpReceiver } from '../../../lib/alerts/http-receiver.ts';
import { postJson } from '../../../lib/alerts/post.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../lib/log.ts';
import type { Alert } from '../alert.ts';
import { type Fate, Fates } from './fates.ts';

/** In one request, as Prometheus. */
const MOST_ALERTS = 64;
/** How long an end is told again, as in Prometheus. */
const RESOLVED_SENT_MS = 15 * 60_000;
const LONGEST_WAIT_MS = 30_000;

export interface FeedParts {
  readonly name: string;
  readonly door: HttpReceiver;
  readonly resendMs: number;
  /** How often alerts are looked at, the longest, ms. */
  readonly intervalMs: number;
  /** Whether this core notifies now, asked before each request. */
  readonly mayNotify: () => Promise<boolean>;
  readonly onSent: (alert: Alert, receiver: string) => void;
  readonly onFate: (receiver: string, fate: Fate) => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

/**
 * Tells one Alertmanager all alerts, as Prometheus does: firing ones again and again, each time good for a while, and their ends for a quarter of an hour. What is to be told is read
 * from the book, so nothing queues while the Alertmanager is away.
 */
export class AlertmanagerFeed {
  readonly fates: Fates;
  readonly kind = 'alertmanager';
  readonly #parts: FeedParts;
  readonly #backoff: Backoff;
  /** What it heard of an alert last, and when, ms that never step. */
  readonly #heard = new WeakMap<Alert, { readonly state: Alert['state']; readonly at: number }>();
  #busy: Promise<void> | null = null;
  #waiting = 0;

  constructor(parts: FeedParts) {
    this.#parts = parts;
    this.#backoff = new Backoff(parts.random, LONGEST_WAIT_MS);
    this.fates = new Fates(parts.name, parts.onFate);
  }

  get name(): string {
    return this.#parts.name;
  }

  /** Alerts that it should hear of and has not. */
  get waiting(): number {
    return this.#waiting;
  }

  get busy(): boolean {
    return this.#busy !== null;
  }

  /** Sends what is due, one request at a time. @param alerts those that fire or were just over */
  step(alerts: readonly Alert[]): void {
    const { clock } = this.#parts;
    const due = this.#due(alerts, clock.mono());
    // What is told again is no news.
    this.#waiting = due.filter((alert) => this.#heard.get(alert)?.state !== alert.state).length;
    if (this.#busy || due.length === 0 || clock.mono() < this.#backoff.due) return;
    this.#busy = this.#send(due).finally(() => {
      this.#busy = null;
    });
  }

  /** Resolves when nothing is under way. */
  async close(): Promise<void> {
    await this.#busy;
  }

  #due(alerts: readonly Alert[], mono: number): Alert[] {
    const { resendMs, clock } = this.#parts;
    const now = clock.now();
    return alerts.filter((alert) => {
      if (alert.state === 'pending') return false;
      if (alert.state === 'resolved' && now - alert.resolvedAt! >= RESOLVED_SENT_MS) return false;
      const heard = this.#heard.get(alert);
      return heard?.state !== alert.state || mono - heard.at >= resendMs;
    });
  }

  /** The ends are told as they were when they were sent; what changed since is due again. */
  #hear(batch: readonly Alert[], sent: readonly { readonly status: Alert['state'] }[]): void {
    const at = this.#parts.clock.mono();
    for (const [i, { status }] of sent.entries()) this.#heard.set(batch[i]!, { state: status, at });
  }

  async #send(due: readonly Alert[]): Promise<void> {
    const { door, resendMs, intervalMs, clock, mayNotify, onSent, log, name } = this.#parts;
    for (let from = 0; from < due.length; from += MOST_ALERTS) {
      if (!(await mayNotify())) return;
      const batch = due.slice(from, from + MOST_ALERTS);
      const sent = batch.map((alert) => ({
        ...alert,
        status: alert.state === 'resolved' ? ('resolved' as const) : ('firing' as const),
      }));
      const goodForMs = 4 * Math.max(resendMs, intervalMs);
      try {
        await postJson(door, JSON.stringify(alertmanagerBody(sent, clock.now(), goodForMs)));
      } catch (error) {
        const fate = this.fates.failed(error, clock.now());
        log.warn('an Alertmanager did not take alerts; trying again', {
          receiver: name,
          'url.full': door.url,
          'error.message': (error as Error).message,
        });
        if (fate === 'refused') {
          // It took what is well of them; those that are not come again with the others, and keep none of these waiting.
          this.#hear(batch, sent);
          continue;
        }
        this.#backoff.failed(clock.mono());
        return;
      }
      this.#hear(batch, sent);
      for (const alert of batch) onSent(alert, name);
      this.#backoff.succeeded();
      this.fates.sent(clock.now());
    }
  }
}
