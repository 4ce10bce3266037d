import { alertKey } from '../../lib/alerts/alert-key.ts';
import { alertmanagerBody } from '../../lib/alerts/alertmanager-body.ts';
import { Backoff } from '../../lib/alerts/backoff.ts';
import { fingerprintOf } from '../../lib/alerts/fingerprint.ts';
import { shared, type ToldAlert, webhookBody } from '../../lib/alerts/webhook-body.ts';
import type { Logger } from '../../lib/log.ts';
import type { Alert } from './alert.ts';
import type { Receiver } from './receiver.ts';

/** In one request. */
const MOST_ALERTS = 200;
/** Alertmanager forgets a firing alert that is not sent again; as Prometheus does it. */
const AGAIN_MS = 60_000;
const GOOD_FOR_MS = 4 * AGAIN_MS;
const LONGEST_WAIT_MS = 60_000;

/** Sends a body as JSON. @throws where it was not answered with 2xx */
export type Post = (receiver: Receiver, body: string) => Promise<void>;

/** Brings the relay's own alerts to one receiver, until it has taken them: once each to a webhook, as often as it wants to an Alertmanager. */
export class Notifier {
  readonly receiver: Receiver;
  readonly #relay: string;
  readonly #post: Post;
  readonly #backoff: Backoff;
  readonly #log: Logger;
  readonly #changed: () => void;
  readonly #renewed = new WeakMap<Alert, number>();
  #busy: Promise<void> | null = null;
  readonly counts = { sent: 0, failed: 0 };
  /** In words, why the last request failed; null: it did not. */
  trouble: string | null = null;

  /** @param parts `changed`: an alert's `sent` did */
  constructor(parts: {
    receiver: Receiver;
    relay: string;
    post: Post;
    random: () => number;
    log: Logger;
    changed: () => void;
  }) {
    this.receiver = parts.receiver;
    this.#relay = parts.relay;
    this.#post = parts.post;
    this.#backoff = new Backoff(parts.random, LONGEST_WAIT_MS);
    this.#log = parts.log;
    this.#changed = parts.changed;
  }

  /** Whether it has heard all of an alert. */
  done(alert: Alert): boolean {
    return alert.state === 'resolved' && alert.sent[this.receiver.url] === 'resolved';
  }

  /** Sends what is due, one request at a time. @param alerts the relay's own @param now ms since the epoch @param mono ms */
  step(alerts: readonly Alert[], now: number, mono: number): void {
    if (this.#busy || mono < this.#backoff.due) return;
    const next = alerts.find((alert) => this.#wants(alert, mono));
    if (!next) return;
    const status = next.state === 'resolved' ? 'resolved' : 'firing';
    const together = alerts.filter(
      (alert) =>
        alert.state === next.state && alert.labels.alertname === next.labels.alertname && this.#wants(alert, mono),
    );
    const batch = together.slice(0, MOST_ALERTS);
    const { kind, url } = this.receiver;
    const told = batch.map((alert) => ({ ...alert, status, key: alertKey(alert), goodForMs: GOOD_FOR_MS }) as const);
    const body = kind === 'webhook' ? this.#webhookBody(told) : alertmanagerBody(told, now);
    this.#busy = this.#post(this.receiver, JSON.stringify(body))
      .then(
        () => {
          for (const alert of batch) {
            alert.sent[url] = status;
            this.#renewed.set(alert, mono);
          }
          this.counts.sent += batch.length;
          this.#backoff.succeeded();
          this.trouble = null;
          this.#changed();
        },
        (error: unknown) => this.#failed(error, mono),
      )
      .finally(() => {
        this.#busy = null;
      });
  }

  /** Resolves when nothing is under way. */
  async close(): Promise<void> {
    await this.#busy;
  }

  #wants(alert: Alert, mono: number): boolean {
    const sent = alert.sent[this.receiver.url];
    if (alert.state === 'resolved') return sent !== 'resolved';
    if (sent !== 'firing') return true;
    return this.receiver.kind === 'alertmanager' && mono - (this.#renewed.get(alert) ?? -AGAIN_MS) >= AGAIN_MS;
  }

  #webhookBody(alerts: readonly ToldAlert[]): object {
    const { alertname } = shared(alerts.map(({ labels }) => labels));
    const groupLabels: Record<string, string> = alertname === undefined ? {} : { alertname };
    const groupKey = `{}:{${fingerprintOf(groupLabels)}}`;
    return webhookBody({ receiver: this.#relay, groupKey, groupLabels, externalUrl: '', alerts, truncated: 0 });
  }

  #failed(error: unknown, mono: number): void {
    this.counts.failed++;
    this.#backoff.failed(mono);
    this.trouble = error instanceof Error ? error.message : String(error);
    this.#log.warn('a notification was not taken; trying again', { receiver: this.receiver.url, error: this.trouble });
  }
}
