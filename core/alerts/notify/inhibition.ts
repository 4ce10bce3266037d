import type { Alert } from '../alert.ts';
import type { NotifyConfig } from './config.ts';
import { type LabelTest, matcherTest } from './matchers.ts';

interface Rule {
  readonly source: LabelTest;
  readonly target: LabelTest;
  readonly equal: readonly string[];
}

/** Alerts that are not told because of others that fire, as Alertmanager has it (prometheus.io/docs/alerting/latest/configuration/#inhibition-related-settings). */
export class Inhibition {
  readonly #rules: readonly Rule[];
  /** Of each rule: sources that fire, by the values of the labels that must be equal. */
  #sources: readonly Map<string, Alert[]>[] = [];

  /** @param config checked */
  constructor(config: NotifyConfig['inhibit']) {
    this.#rules = config.map(({ source, target, equal }) => ({
      source: matcherTest(source),
      target: matcherTest(target),
      equal,
    }));
  }

  /** Looks which alerts fire now. */
  look(alerts: readonly Alert[]): void {
    this.#sources = this.#rules.map(({ source, equal }) => {
      const found = new Map<string, Alert[]>();
      for (const alert of alerts) {
        if (alert.state !== 'firing' || !source(alert.labels)) continue;
        const key = keyOf(alert, equal);
        const there = found.get(key);
        // Two are enough to say who inhibits, also where one is the alert itself.
        if (!there) found.set(key, [alert]);
        else if (there.length < 2) there.push(alert);
      }
      return found;
    });
  }

  /** Fingerprints of those that keep an alert quiet. */
  of(alert: Alert): string[] {
    const by = new Set<string>();
    for (const [i, { source, target, equal }] of this.#rules.entries()) {
      if (!target(alert.labels)) continue;
      // What is source and target at once is kept quiet by no other that is both: they would silence each other.
      const both = source(alert.labels);
      for (const one of this.#sources[i]?.get(keyOf(alert, equal)) ?? []) {
        if (one.fingerprint === alert.fingerprint || (both && target(one.labels))) continue;
        by.add(one.fingerprint);
      }
    }
    return [...by];
  }
}

/** A label that is not there is equal to an empty one. */
function keyOf({ labels }: Alert, equal: readonly string[]): string {
  return JSON.stringify(equal.map((name) => labels[name] ?? ''));
}
