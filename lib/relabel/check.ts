import { isName, isNameTemplate, sayName } from './names.ts';
import { compileAnchored } from './regex.ts';
import { RELABEL_DEFAULTS, type RelabelAction, type RelabelKind, type RelabelRule } from './rule.ts';
import { hasVariables } from './template.ts';

/** What is wrong with a key of a rule, and what to do. */
export interface RuleProblem {
  readonly key: keyof RelabelRule;
  readonly message: string;
}

/** Keys that an action does nothing with are refused where Prometheus refuses them: who wrote one meant another action. */
const UNUSED: Readonly<Partial<Record<RelabelAction, readonly (keyof RelabelRule)[]>>> = {
  keepequal: ['regex', 'modulus', 'separator', 'replacement'],
  dropequal: ['regex', 'modulus', 'separator', 'replacement'],
  labeldrop: ['source_labels', 'target_label', 'modulus', 'separator', 'replacement'],
  labelkeep: ['source_labels', 'target_label', 'modulus', 'separator', 'replacement'],
  lowercase: ['replacement'],
  uppercase: ['replacement'],
};
const WITH_TARGET: readonly RelabelAction[] = [
  'replace',
  'hashmod',
  'lowercase',
  'uppercase',
  'keepequal',
  'dropequal',
];
const WRITING: readonly RelabelAction[] = ['replace', 'hashmod', 'lowercase', 'uppercase'];

/**
 * What Prometheus would refuse of a rule, and a target that must not be written.
 * @param fixed labels that rules must not set
 */
export function ruleProblems(rule: RelabelRule, kind: RelabelKind, fixed: ReadonlyMap<string, string>): RuleProblem[] {
  const problems: RuleProblem[] = [];
  const { action, regex, target_label: target } = rule;
  const refuse = (key: keyof RelabelRule, message: string) => problems.push({ key, message });
  try {
    compileAnchored(regex);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    refuse('regex', `write an expression that RE2 knows (no look-around, no back-references): ${why}`);
  }
  for (const name of rule.source_labels) if (!isName(kind, name)) refuse('source_labels', `write ${sayName(kind)}`);
  if (action === 'hashmod' && rule.modulus === 0)
    refuse('modulus', 'add a modulus of at least 1 to the action hashmod');
  for (const key of UNUSED[action] ?? []) {
    if (String(rule[key]) !== String(RELABEL_DEFAULTS[key]))
      refuse(key, `remove it: the action ${action} does not use it`);
  }
  if (action === 'labelmap' && !isNameTemplate(kind, rule.replacement)) {
    refuse('replacement', `write ${sayName(kind)}, with $1 or \${name} in it`);
  }
  if (!WITH_TARGET.includes(action)) return problems;
  const known = action === 'replace' && hasVariables(target) ? isNameTemplate : isName;
  if (target === '') refuse('target_label', `add the label to the action ${action}`);
  else if (!known(kind, target)) refuse('target_label', `write ${sayName(kind)}`);
  else if (WRITING.includes(action) && fixed.has(target)) refuse('target_label', fixed.get(target)!);
  return problems;
}
