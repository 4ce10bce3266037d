import { HeliographError } from '../../../lib/errors.ts';
import type { Held } from '../alert.ts';
import type { FillBudget } from '../rules/template/budget.ts';
import { expandTemplate } from '../rules/template/template.ts';
import type { Found } from './log-rule.ts';
import type { LogRuleDefinition } from './rule-file.ts';

export interface FoundSurroundings {
  /** ms since the epoch. */
  readonly now: number;
  readonly externalUrl: string;
  /** Of all templates of a rule together. */
  readonly budget: FillBudget;
  /** A text could not be filled in; the alert says so in its place. */
  readonly onTrouble: (error: HeliographError) => void;
}

/** An alert of what a rule found, with its texts filled in. An annotation that the rule does not give, such as `example`, is what was found. */
export async function foundAlert(
  rule: LogRuleDefinition,
  found: Found,
  surroundings: FoundSurroundings,
): Promise<Held> {
  const { now, externalUrl } = surroundings;
  const data = { alert: rule.alert, labels: found.labels, externalLabels: {}, externalUrl, value: found.value, now };
  const fill = async (given: Readonly<Record<string, string>>) => {
    const texts: Record<string, string> = {};
    for (const [name, text] of Object.entries(given)) texts[name] = await filled(text, data, surroundings);
    return texts;
  };
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

async function filled(
  text: string,
  data: Parameters<typeof expandTemplate>[1],
  { budget, onTrouble }: FoundSurroundings,
): Promise<string> {
  try {
    return await expandTemplate(text, data, noQuery, budget);
  } catch (error) {
    if (!(error instanceof HeliographError && error.code === 'HG_RULE_TEMPLATE')) throw error;
    onTrouble(error);
    return error.facts.text as string;
  }
}

function noQuery(): Promise<never> {
  return Promise.reject(new Error('rules over log lines have no metrics to query'));
}
