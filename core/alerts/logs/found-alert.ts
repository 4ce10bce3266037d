import { HeliographError } from '../../../lib/errors.ts';
import type { Held } from '../alert.ts';
import { expandTemplate } from '../rules/template/template.ts';
import type { Found } from './log-rule.ts';
import type { LogRuleDefinition } from './rule-file.ts';

/** An alert of what a rule found, with its texts filled in. An annotation that the rule does not give, such as `example`, is what was found. */
export async function foundAlert(
  rule: LogRuleDefinition,
  found: Found,
  now: number,
  externalUrl: string,
): Promise<Held> {
  const data = { alert: rule.alert, labels: found.labels, externalLabels: {}, externalUrl, value: found.value, now };
  const fill = async (given: Readonly<Record<string, string>>) => {
    const texts: Record<string, string> = {};
    for (const [name, text] of Object.entries(given)) texts[name] = await filled(text, data);
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

async function filled(text: string, data: Parameters<typeof expandTemplate>[1]): Promise<string> {
  try {
    return await expandTemplate(text, data, noQuery);
  } catch (error) {
    if (!(error instanceof HeliographError) || typeof error.facts.text !== 'string') throw error;
    return error.facts.text;
  }
}

function noQuery(): Promise<never> {
  return Promise.reject(new Error('rules over log lines have no metrics to query'));
}
