import type { Held } from '../alert.ts';
import { type FilledWith, filledTexts } from '../rules/template/filled-texts.ts';
import type { Found } from './log-rule.ts';
import type { LogRuleDefinition } from './rule-file.ts';

export interface FoundSurroundings extends FilledWith {
  /** ms since the epoch. */
  readonly now: number;
  readonly externalUrl: string;
}

/** An alert of what a rule found, with its texts filled in. An annotation that the rule does not give, such as `example`, is what was found. */
export async function foundAlert(
  rule: LogRuleDefinition,
  found: Found,
  surroundings: FoundSurroundings,
): Promise<Held> {
  const { now, externalUrl } = surroundings;
  const data = { alert: rule.alert, labels: found.labels, externalLabels: {}, externalUrl, value: found.value, now };
  const fill = (given: Readonly<Record<string, string>>) => filledTexts(given, data, noQuery, surroundings);
  const labels: Record<string, string> = {
    ...found.labels,
    ...(await fill(rule.labels)),
    alertname: rule.alert,
  };
  for (const [name, text] of Object.entries(labels)) if (text === '') delete labels[name];
  return {
    labels,
    annotations: { ...found.more, ...(await fill(rule.annotations)) },
    value: String(found.value),
    eventAt: found.eventAt,
  };
}

function noQuery(): Promise<never> {
  return Promise.reject(new Error('rules over log lines have no metrics to query'));
}
