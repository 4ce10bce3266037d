import { duplicateRules } from '../../core/alerts/rules/duplicates.ts';
import { loadRuleFile } from '../../core/alerts/rules/file.ts';
import { HeliographError } from '../../lib/errors.ts';
import { labelsText } from './labels-text.ts';

/** What is to be said of a rule file. */
export interface CheckedFile {
  readonly file: string;
  readonly ok: boolean;
  readonly groups: number;
  readonly rules: number;
  /** Why it cannot be loaded; null: it can. */
  readonly error: string | null;
  /** What is allowed and hardly meant. */
  readonly warnings: readonly string[];
}

/** Holds a rule file against its schema. */
export function checkRuleFile(file: string): CheckedFile {
  try {
    const groups = loadRuleFile(file);
    const warnings = duplicateRules(groups).map(
      ({ name, labels, lines }) =>
        `${file}:${lines[0]}: ${name}${labelsText(labels)} stands ${lines.length} times (lines ${lines.join(', ')}): give one of them another name or label, or their series are one another's`,
    );
    const rules = groups.reduce((sum, group) => sum + group.rules.length, 0);
    return { file, ok: true, groups: groups.length, rules, error: null, warnings };
  } catch (error) {
    if (!(error instanceof HeliographError)) throw error;
    return { file, ok: false, groups: 0, rules: 0, error: error.message, warnings: [] };
  }
}
