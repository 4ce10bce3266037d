import { METRIC_NAME } from '../../../lib/promql/matcher.ts';
import type { Held } from '../alert.ts';
import { eventTimeQuery, labelsKey } from './event-time.ts';
import type { AlertingRule, RuleGroup } from './file.ts';
import type { RuleQueries, RuleSample } from './rule-query.ts';
import { expandTemplate } from './template/template.ts';

/** Alerts that are put together in one turn of the event loop. */
const A_TURN = 50;

export interface Texts {
  readonly externalLabels: Readonly<Record<string, string>>;
  readonly externalUrl: string;
  /** Lets others have a turn. */
  readonly breathe: () => Promise<void>;
  /** Told when a template fails. */
  readonly onTemplate: (error: unknown) => void;
}

/** Turns what an alerting rule's expression gives into alerts: labels and annotations are filled in for each. */
export class AlertMaking {
  readonly rule: AlertingRule;
  readonly #labels: readonly (readonly [string, string])[];
  readonly #annotations: readonly (readonly [string, string])[];
  readonly #queries: RuleQueries;
  readonly #texts: Texts;
  readonly #eventTime: string | null;

  constructor(rule: AlertingRule, group: RuleGroup, queries: RuleQueries, texts: Texts) {
    this.rule = rule;
    this.#labels = Object.entries({ ...group.labels, ...rule.labels });
    this.#annotations = Object.entries(rule.annotations);
    this.#queries = queries;
    this.#texts = texts;
    this.#eventTime = eventTimeQuery(rule.expr);
  }

  /** @param time of the evaluation, ms since the epoch: templates ask at it too */
  async make(samples: readonly RuleSample[], time: number): Promise<Held[]> {
    const held: Held[] = [];
    for (const [i, sample] of samples.entries()) {
      if (i % A_TURN === A_TURN - 1) await this.#texts.breathe();
      const { labels, value, text } = sample;
      const expand = (template: string) => this.#expand(template, labels, value, time);
      const all: Record<string, string> = { ...labels };
      delete all[METRIC_NAME];
      for (const [name, template] of this.#labels) all[name] = await expand(template);
      all.alertname = this.rule.alert;
      const annotations: Record<string, string> = {};
      for (const [name, template] of this.#annotations) annotations[name] = await expand(template);
      // As if it were not there.
      for (const [name, one] of Object.entries(all)) if (one === '') delete all[name];
      held.push({ labels: all, annotations, value: text, eventAt: null });
    }
    return held;
  }

  /** When the newest samples are from that each of the alerts stands on, in their order; null where nobody can say. ms since the epoch. */
  async eventTimes(samples: readonly RuleSample[], time: number): Promise<(number | null)[]> {
    if (this.#eventTime === null || samples.length === 0) return samples.map(() => null);
    const { samples: times } = await this.#queries.ask(this.#eventTime, time);
    const byLabels = new Map<string, number>();
    for (const { labels, value } of times) {
      const key = labelsKey(labels);
      const at = Math.round(value * 1000);
      if (at > (byLabels.get(key) ?? Number.NEGATIVE_INFINITY)) byLabels.set(key, at);
    }
    return samples.map(({ labels }) => byLabels.get(labelsKey(labels)) ?? null);
  }

  async #expand(text: string, labels: Readonly<Record<string, string>>, value: number, time: number): Promise<string> {
    if (!text.includes('{{')) return text;
    const { externalLabels, externalUrl, onTemplate } = this.#texts;
    const query = async (expression: string) => (await this.#queries.ask(expression, time)).samples;
    try {
      return await expandTemplate(text, { labels, externalLabels, externalUrl, value }, (expression) =>
        query(expression).then((samples) => samples.map((one) => ({ labels: { ...one.labels }, value: one.value }))),
      );
    } catch (error) {
      onTemplate(error);
      // As Prometheus has it: the alert goes out all the same.
      return `<error expanding template: ${error instanceof Error ? error.message : String(error)}>`;
    }
  }
}
