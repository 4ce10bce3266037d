import type { z } from 'zod';
import { compileExpressions, compileTest } from './expression.ts';
import { isGiven } from './reserved.ts';
import { compileTimeFormat } from './time-format.ts';

/** As much of a rule as the checks look at; they run inside the schema from which the type is made. */
interface RuleShape {
  readonly parse: string;
  readonly pattern?: readonly string[] | undefined;
  readonly definitions: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, string>>;
  readonly time?: { readonly format: readonly string[] } | undefined;
}

interface FilterShape {
  readonly where: readonly {
    readonly equals?: readonly string[] | undefined;
    readonly glob?: readonly string[] | undefined;
    readonly regex?: string | undefined;
    readonly exists?: boolean | undefined;
  }[];
  readonly below?: string | undefined;
}

type Context = z.core.$RefinementCtx;

function refuse(context: Context, path: PropertyKey[], message: string): void {
  context.addIssue({ code: 'custom', path, message });
}

/** Whether a rule of `services` can be compiled, so that it is refused where it stands in the file and not by the first line that meets it. */
export function checkRule(rule: RuleShape, context: Context): void {
  const wanted = rule.parse === 'regex' || rule.parse === 'grok';
  if (wanted && rule.pattern === undefined)
    refuse(context, ['pattern'], `add an expression: parse is "${rule.parse}" and has nothing to match with`);
  if (!wanted && rule.pattern !== undefined)
    refuse(context, ['pattern'], `remove it, or write parse: regex or parse: grok; "${rule.parse}" has no expressions`);
  if (rule.parse !== 'grok' && Object.keys(rule.definitions).length > 0)
    refuse(context, ['definitions'], 'remove them, or write parse: grok; no other parser knows definitions');
  if (wanted && rule.pattern !== undefined) {
    const compiled = compileExpressions(rule.parse, rule.pattern, rule.definitions);
    if (!compiled.ok) refuse(context, ['pattern'], compiled.why);
  }
  for (const [field, target] of Object.entries(rule.fields)) {
    if (isGiven(target))
      refuse(
        context,
        ['fields', field],
        `choose another name: ${target} says where a line came from, and no text may say it`,
      );
  }
  for (const format of rule.time?.format ?? []) {
    const compiled = compileTimeFormat(format);
    if (typeof compiled === 'string') refuse(context, ['time', 'format'], compiled);
  }
}

/** Whether a filter says when it drops, and its expressions can be compiled. */
export function checkFilter(filter: FilterShape, context: Context): void {
  if (filter.where.length === 0 && filter.below === undefined)
    refuse(context, ['where'], 'add where or below: as it stands the filter would drop every line');
  for (const [at, { equals, glob, regex, exists }] of filter.where.entries()) {
    const given = [equals, glob, regex, exists].filter((one) => one !== undefined).length;
    if (given !== 1) refuse(context, ['where', at], 'write exactly one of equals, glob, regex and exists');
    if (regex === undefined) continue;
    const compiled = compileTest(regex);
    if (typeof compiled === 'string') refuse(context, ['where', at, 'regex'], compiled);
  }
}

/** No two rules of one name: their counters would be one. */
export function checkNames(
  rules: readonly { readonly name?: string | undefined; readonly service?: readonly string[] }[],
  context: Context,
): void {
  const seen = new Map<string, number>();
  for (const [at, rule] of rules.entries()) {
    const name = nameOfRule(rule);
    const before = seen.get(name);
    if (name === 'outside-production')
      refuse(context, [at, 'name'], 'choose another name: environment.dropBelow is counted under this one');
    else if (before !== undefined)
      refuse(
        context,
        [at, ...(rule.name === undefined ? [] : ['name'])],
        `give it another name: rule ${before + 1} is called "${name}" already (a rule without a name is called as its first service)`,
      );
    else seen.set(name, at);
  }
}

/** What a rule is called in metrics and fields. */
export function nameOfRule(rule: { readonly name?: string | undefined; readonly service?: readonly string[] }): string {
  return rule.name ?? rule.service?.[0] ?? '*';
}
