import { HeliographError } from '../../../../lib/errors.ts';
import type { FillBudget } from './budget.ts';
import { expandTemplate, type TemplateData, type TemplateQuery } from './template.ts';

type Texts = Readonly<Record<string, string>>;

export interface FilledWith {
  /** Of all templates of the evaluation. */
  readonly budget?: FillBudget;
  /** Told of each template that could not be filled in. */
  onTemplateTrouble?(error: HeliographError): void;
}

/** Templates of labels or annotations, filled in; one that cannot be says so in its place, in Prometheus' words. */
export async function filledTexts(
  templates: Texts,
  data: TemplateData,
  query: TemplateQuery,
  { budget, onTemplateTrouble }: FilledWith,
): Promise<Record<string, string>> {
  const texts: [string, string][] = [];
  for (const [name, text] of Object.entries(templates)) {
    try {
      texts.push([name, await expandTemplate(text, data, query, budget)]);
    } catch (error) {
      if (!(error instanceof HeliographError && error.code === 'HG_RULE_TEMPLATE')) throw error;
      onTemplateTrouble?.(error);
      texts.push([name, error.facts.text as string]);
    }
  }
  return Object.fromEntries(texts);
}
