import { fingerprintOf } from '../../lib/alerts/fingerprint.ts';
import type { Alert } from './alert.ts';
import type { AlertingRule } from './rules.ts';
import { fillTemplate } from './template.ts';

/** Alerts of all rules at once; further ones are counted and not known. */
export const MOST_ALERTS = 20_000;

/** Of one alert's labels and annotations: several must fit into a frame. */
const MOST_BYTES = 32 * 1024;

/** One series that a rule's expression gave. */
export interface Found {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: string;
}

/** What pends, fires and has ended, by Prometheus' rules for it. It knows neither files nor what time it is. */
export class AlertBook {
  /** By rule and label set. */
  readonly #alerts = new Map<string, Alert>();
  refused = 0;

  all(): IterableIterator<Alert> {
    return this.#alerts.values();
  }

  get size(): number {
    return this.#alerts.size;
  }

  restore(alerts: readonly Alert[]): void {
    for (const alert of alerts) this.#alerts.set(placeOf(alert), alert);
  }

  /**
   * What a rule's expression gave now; throws RangeError where an alert would be too large to tell. An alert that begins again while its end is still to be told is a new one, as soon as that is told.
   * @returns whether something changed that must be kept
   */
  hold(rule: AlertingRule, found: readonly Found[], now: number): boolean {
    let changed = false;
    const held = new Set<string>();
    for (const { metric, value } of found) {
      const { labels, annotations } = textsOf(rule, metric, value);
      const fingerprint = fingerprintOf(labels);
      const place = placeOf({ rule: rule.id, fingerprint });
      held.add(place);
      const known = this.#alerts.get(place);
      if (known?.state === 'resolved') continue;
      const alert = known ?? this.#begin({ rule: rule.id, labels, fingerprint, annotations, value }, now);
      if (!alert) continue;
      changed ||= !known;
      alert.annotations = annotations;
      alert.value = value;
      alert.heldAt = now;
      if (alert.state === 'pending' && now - alert.activeAt >= rule.for) {
        alert.state = 'firing';
        alert.firedAt = now;
        changed = true;
      }
    }
    for (const [place, alert] of this.#alerts) {
      if (alert.rule !== rule.id || held.has(place)) continue;
      if (alert.state === 'firing' && now - alert.heldAt < rule.keep_firing_for) continue;
      changed = this.#end(place, alert, now) || changed;
    }
    return changed;
  }

  /** Ends the alerts of rules that are no more. */
  keepRules(ids: ReadonlySet<string>, now: number): void {
    for (const [place, alert] of this.#alerts) if (!ids.has(alert.rule)) this.#end(place, alert, now);
  }

  remove(alert: Alert): void {
    this.#alerts.delete(placeOf(alert));
  }

  #begin(what: Pick<Alert, 'rule' | 'labels' | 'fingerprint' | 'annotations' | 'value'>, now: number): Alert | null {
    if (this.#alerts.size >= MOST_ALERTS) {
      this.refused++;
      return null;
    }
    const alert: Alert = {
      ...what,
      state: 'pending',
      activeAt: now,
      heldAt: now,
      firedAt: null,
      resolvedAt: null,
      told: 'nothing',
      owner: null,
      ownerTold: false,
      position: 0,
      sent: {},
    };
    this.#alerts.set(placeOf(alert), alert);
    return alert;
  }

  /** @returns whether it was not over before */
  #end(place: string, alert: Alert, now: number): boolean {
    if (alert.state === 'resolved') return false;
    if (alert.state === 'pending') this.#alerts.delete(place);
    else {
      alert.state = 'resolved';
      alert.resolvedAt = now;
    }
    return true;
  }
}

function placeOf({ rule, fingerprint }: Pick<Alert, 'rule' | 'fingerprint'>): string {
  return `${rule}\n${fingerprint}`;
}

/** An alert's labels: those of the series without its name, the rule's over them, and the alert's name. */
function textsOf(rule: AlertingRule, metric: Found['metric'], value: string) {
  const { __name__: _, ...series } = metric;
  const fill = (texts: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, fillTemplate(text, series, value)]));
  const labels: Record<string, string> = { ...series, ...fill(rule.labels), alertname: rule.alert };
  for (const [name, text] of Object.entries(labels)) if (text === '') delete labels[name];
  const annotations = fill(rule.annotations);
  const bytes = Buffer.byteLength(JSON.stringify([labels, annotations]));
  if (bytes > MOST_BYTES)
    throw new RangeError(`labels and annotations of an alert have ${bytes} bytes, more than ${MOST_BYTES}`);
  return { labels, annotations };
}
