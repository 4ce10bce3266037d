import { type Rule, type RuleGroup, ruleName } from './file.ts';
import { labelsKey } from './labels-key.ts';

/** Rules of one kind of a file that would give the same series: one name, one set of labels. */
export interface DuplicateRules {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly lines: readonly number[];
}

/** The rules of a file that stand there more than once, as promtool's check has them. */
export function duplicateRules(groups: readonly RuleGroup[]): DuplicateRules[] {
  const found = new Map<string, { readonly rule: Rule; readonly lines: number[] }>();
  for (const rule of groups.flatMap(({ rules }) => rules)) {
    const key = JSON.stringify([ruleName(rule), labelsKey(rule.labels)]);
    const known = found.get(key);
    if (known) known.lines.push(rule.line);
    else found.set(key, { rule, lines: [rule.line] });
  }
  return [...found.values()]
    .filter(({ lines }) => lines.length > 1)
    .map(({ rule, lines }) => ({ name: ruleName(rule), labels: rule.labels, lines }));
}
