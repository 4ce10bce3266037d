import { HeliographError } from '../../../lib/errors.ts';
import type { QueryData } from '../../ports/metric-store.ts';
import { formatValue } from '../../promql/format.ts';
import { METRIC_NAME } from '../../promql/labels.ts';
import type { Held } from '../alert.ts';
import type { AlertingRule, RecordingRule } from './file.ts';
import { labelsKey } from './labels-key.ts';
import { type FilledWith, filledTexts } from './template/filled-texts.ts';

/** Alerts that are put together in one turn of the event loop. */
const A_TURN = 50;

/** One series of an instant query's answer. */
export interface InstantSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** An instant query at the instant that the rule looks at. */
export type InstantQuery = (expression: string) => Promise<readonly InstantSample[]>;

/** What a rule's evaluation depends on beside its expression. */
export interface RuleSurroundings extends FilledWith {
  /** ms since the epoch: the instant of the evaluation, before any offset of the query. */
  readonly now: number;
  readonly externalLabels: Readonly<Record<string, string>>;
  readonly externalUrl: string;
  /** Lets others have a turn, where there are many alerts. */
  breathe?(): Promise<unknown>;
}

/**
 * Evaluates one alerting rule at one instant: what holds now, as the book of alerts takes it. Semantics are Prometheus': labels of the rule over
 * those of the series, `alertname` over both, templates with the series' own labels. Its `for`, its limit and its state are whoever's calls it.
 * @param query answers for the instant the rule looks at: that of its group's `query_offset`
 * @throws HeliographError HG_ALERT_TWICE, and what `query` throws
 */
export async function evaluateAlertingRule(
  rule: AlertingRule,
  query: InstantQuery,
  surroundings: RuleSurroundings,
): Promise<Held[]> {
  const found = await query(rule.expr);
  const seen = new Set<string>();
  const held: Held[] = [];
  for (const { labels: own, value } of found) {
    const data = { ...surroundings, alert: rule.alert, labels: own, value };
    const fill = (templates: Readonly<Record<string, string>>) => filledTexts(templates, data, query, surroundings);
    const labels = labelsOf(own, await fill(rule.labels), { alertname: rule.alert });
    const key = labelsKey(labels);
    if (seen.has(key)) {
      throw new HeliographError('HG_ALERT_TWICE', `${rule.alert}: ${JSON.stringify(labels)}`, { alert: rule.alert });
    }
    seen.add(key);
    if (seen.size % A_TURN === 0) await surroundings.breathe?.();
    held.push({ labels, annotations: await fill(rule.annotations), value: formatValue(value), eventAt: null });
  }
  return held;
}

/**
 * Evaluates one recording rule at one instant: the series that it makes, with their names.
 * @throws HeliographError HG_RULE_TWICE, and what `query` throws
 */
export async function evaluateRecordingRule(rule: RecordingRule, query: InstantQuery): Promise<InstantSample[]> {
  const seen = new Set<string>();
  return (await query(rule.expr)).map(({ labels: own, value }) => {
    const labels = labelsOf(own, rule.labels, { [METRIC_NAME]: rule.record });
    const key = labelsKey(labels);
    if (seen.has(key)) {
      throw new HeliographError('HG_RULE_TWICE', `${rule.record}: ${JSON.stringify(labels)}`, { record: rule.record });
    }
    seen.add(key);
    return { labels, value };
  });
}

/** The samples of an instant query's answer; a number stands for a series without labels. @throws HeliographError HG_QUERY_TYPE */
export function samplesOf(answer: QueryData): InstantSample[] {
  if (answer.resultType === 'scalar') return [{ labels: {}, value: numberOf(answer.result[1]) }];
  if (answer.resultType !== 'vector') {
    throw new HeliographError('HG_QUERY_TYPE', 'a rule needs an instant vector or a number');
  }
  return answer.result.map(({ metric, value }) => ({ labels: metric, value: numberOf(value[1]) }));
}

/** A value as Prometheus' JSON has it. */
export function numberOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}

/** The later over the earlier, without the metric's name (unless it is set), and without empty ones. */
function labelsOf(
  own: Readonly<Record<string, string>>,
  more: Readonly<Record<string, string>>,
  last: Readonly<Record<string, string>>,
): Record<string, string> {
  const labels = { ...own, [METRIC_NAME]: '', ...more, ...last };
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''));
}
