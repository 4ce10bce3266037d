import { alertmanagerBody } from '../../../lib/alerts/alertmanager-body.ts';
import { Backoff } from '../../../lib/alerts/backoff.ts';
import type { HttpReceiver } from '../../../lib/alerts/http-receiver.ts';
import { postJson } from '../../../lib/alerts/post.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../lib/log.ts';
import type { Alert, Look } from '../alert.ts';
import { type Fate, Fates } from './fates.ts';

/** In one request, as Prometheus. */
const MOST_ALERTS = 64;
/** How long an end is told again, as in Prometheus. */
const RESOLVED_SENT_MS = 15 * 60_000;
const LONGEST_WAIT_MS = 30_000;
/** How often an alert is looked at of which nobody says it, ms. */
const LOOKED_AT_MS = 60_000;
/** An alert whose rule fails is told again all the same, after so many times as long: it must not end with its Alertmanager because a store is gone. */
const UNSEEN = 2;

export interface FeedParts {
  readonly name: string;
  readonly door: HttpReceiver;
  readonly resendMs: number;
  /** The last look of who makes an alert; null: it does not look again and again. */
  readonly lookOf: (alert: Alert) => Look | null;
  /** Where people see what an expression gives. */
  readonly chartUrl: (query: string) => string;
  /** Whether this core notifies now, asked before each request. */
  readonly mayNotify: () => Promise<boolean>;
  readonly onSent: (alert: Alert, receiver: string) => void;
  readonly onFate: (receiver: string, fate: Fate) => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

/** What an Alertmanager heard of an alert last. */
interface Heard {
  readonly state: Alert['state'];
  /** ms that never step */
  readonly at: number;
  /** The look that it was told of: Look.at. */
  readonly look: number | null;
}

/**
 * Tells one Alertmanager all alerts, as Prometheus does: firing ones again and again, each time good for a while, and their ends for a quarter of an hour.
 * What a rule found is told after an evaluation and not between two, so that it is never told that something fires of which the next evaluation, due
 * meanwhile, says that it ended. What is to be told is read from the book, so nothing queues while the Alertmanager is away.
 */
export class AlertmanagerFeed {
  readonly fates: Fates;
  readonly kind = 'alertmanager';
  readonly #parts: FeedParts;
  readonly #backoff: Backoff;
  readonly #heard = new WeakMap<Alert, Heard>();
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
    const { clock } = this.#parts;
    const now = clock.now();
    return alerts.filter((alert) => {
      if (alert.state === 'pending') return false;
      if (alert.state === 'resolved' && now - alert.resolvedAt! >= RESOLVED_SENT_MS) return false;
      const heard = this.#heard.get(alert);
      return heard?.state !== alert.state || this.#isDueAgain(alert, heard, mono);
    });
  }

  #isDueAgain(alert: Alert, { at, look }: Heard, mono: number): boolean {
    const { resendMs, lookOf } = this.#parts;
    const last = lookOf(alert);
    if (last === null || look === null) return mono - at >= resendMs;
    return last.at - look >= resendMs || mono - at >= UNSEEN * Math.max(resendMs, last.maker.everyMs!);
  }

  /** The ends are told as they were when they were sent; what changed since is due again. */
  #hear(batch: readonly Alert[], sent: readonly Omit<Heard, 'at'>[]): void {
    const at = this.#parts.clock.mono();
    for (const [i, { state, look }] of sent.entries()) this.#heard.set(batch[i]!, { state, look, at });
  }

  async #send(due: readonly Alert[]): Promise<void> {
    const { door, clock, mayNotify, onSent, log, name } = this.#parts;
    for (let from = 0; from < due.length; from += MOST_ALERTS) {
      if (!(await mayNotify())) return;
      const batch = due.slice(from, from + MOST_ALERTS);
      const sent = batch.map((alert) => this.#told(alert));
      try {
        await postJson(door, JSON.stringify(alertmanagerBody(sent, clock.now())));
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

  #told(alert: Alert) {
    const { resendMs, lookOf, chartUrl } = this.#parts;
    const look = lookOf(alert);
    const { everyMs = LOOKED_AT_MS, query } = look?.maker ?? {};
    return {
      ...alert,
      status: alert.state === 'resolved' ? 'resolved' : 'firing',
      look: look?.at ?? null,
      goodForMs: 4 * Math.max(resendMs, everyMs),
      ...(query === undefined ? {} : { generatorUrl: chartUrl(query) }),
    } as const;
  }
}
