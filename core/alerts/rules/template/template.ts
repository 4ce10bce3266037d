import { HeliographError } from '../../../../lib/errors.ts';
import type { FillBudget } from './budget.ts';
import { Filling, type FillWork, FUNCTIONS } from './fill.ts';
import type { Tree } from './nodes.ts';
import { parseTemplate } from './parse.ts';
import { FillTrouble, placeOf, TemplateTrouble } from './trouble.ts';
import { LabelMap, Root, Sample } from './values.ts';

/** What a template is filled with. */
export interface TemplateData {
  /** The label `alertname`: messages name the template by it. */
  readonly alert: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly externalLabels: Readonly<Record<string, string>>;
  readonly externalUrl: string;
  readonly value: number;
  /** ms since the epoch: the instant of the rule's evaluation. */
  readonly now: number;
}

/** Answers the `query` function of templates: an instant query at the rule's instant. */
export type TemplateQuery = (
  expression: string,
) => Promise<readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[]>;

/** What Prometheus writes before each template, so that `$labels` and the like are there. Columns in its messages count it. */
const BEGINNING =
  '{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}';
/** A template longer than this is no one's. */
const MOST_TEXT = 64 * 1024;
const NAMES: ReadonlySet<string> = new Set(FUNCTIONS.keys());

/** Rules repeat: their templates are parsed once. */
const MOST_KEPT = 2000;
const kept = new Map<string, Tree>();

/** @throws TemplateTrouble */
function treeOf(text: string): Tree {
  const known = kept.get(text);
  if (known !== undefined) return known;
  if (text.length > MOST_TEXT) throw new TemplateTrouble(`longer than ${MOST_TEXT} characters`, 0);
  const tree = parseTemplate(BEGINNING + text, NAMES);
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(text, tree);
  return tree;
}

/** In words, with line and column within the template, why a text is none; null: it is one. */
export function templateTrouble(text: string): string | null {
  if (!text.includes('{{')) return null;
  try {
    treeOf(text);
    return null;
  } catch (error) {
    if (!(error instanceof TemplateTrouble)) throw error;
    const { line, column } = placeOf(text, Math.max(0, error.at - BEGINNING.length));
    return `${line}:${column + 1}: ${error.message}`;
  }
}

/**
 * Fills a template in as Prometheus does (prometheus.io/docs/prometheus/latest/configuration/template_reference). Bounded: 100,000 steps,
 * 64 KiB of text, 100 templates within one another, 100 queries. @param budget of what is filled in together
 * @throws HeliographError HG_RULE_TEMPLATE, whose `facts.text` is what Prometheus writes in place of the text
 */
export async function expandTemplate(
  text: string,
  data: TemplateData,
  query: TemplateQuery,
  budget: FillBudget | null = null,
): Promise<string> {
  if (!text.includes('{{')) return text;
  const name = `__alert_${data.alert}`;
  try {
    const filling = new Filling(treeOf(text), name, data, budget);
    return await answered(filling.run(rootOf(data)), query, budget);
  } catch (error) {
    if (!(error instanceof FillTrouble || error instanceof TemplateTrouble)) throw error;
    const said =
      error instanceof FillTrouble
        ? `error executing template ${name}: ${error.message}`
        : `error parsing template ${name}: template: ${name}:${placeOf(BEGINNING + text, error.at).line}: ${error.message}`;
    throw new HeliographError('HG_RULE_TEMPLATE', said, {
      alert: data.alert,
      text: `<error expanding template: ${said}>`,
    });
  }
}

function rootOf({ labels, externalLabels, externalUrl, value }: TemplateData): Root {
  return new Root({
    Labels: new LabelMap(labels),
    ExternalLabels: new LabelMap(externalLabels),
    ExternalURL: externalUrl,
    Value: value,
  });
}

async function answered(work: FillWork<string>, query: TemplateQuery, budget: FillBudget | null): Promise<string> {
  let next = work.next();
  while (!next.done) {
    if (next.value === null) {
      await budget?.rest();
      next = work.next([]);
      continue;
    }
    try {
      const answer = await query(next.value);
      next = work.next(answer.map(({ labels, value }) => new Sample(labels, value)));
    } catch (error) {
      // In the template it is the error of its function.
      next = work.throw(error);
    }
  }
  return next.value;
}
