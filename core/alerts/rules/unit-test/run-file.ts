import type { RE2JS } from 're2js';
import { HeliographError } from '../../../../lib/errors.ts';
import { loadRuleFile, type RuleGroup } from '../file.ts';
import { loadUnitTestFile } from './file.ts';
import type { TestOutcome } from './problem.ts';
import { runUnitTest } from './run.ts';

/** What became of a file of unit tests. */
export interface FileOutcome {
  readonly file: string;
  readonly ok: boolean;
  /** Why no test could run: the file, or a rule file that it names, is none. */
  readonly errors: readonly string[];
  /** Patterns of `rule_files` that no file fits. */
  readonly missing: readonly string[];
  readonly tests: readonly TestOutcome[];
  /** Tests that were not asked for. */
  readonly left: number;
}

/**
 * Runs the unit tests of a file.
 * @param names run only tests of whose name one of these expressions (RE2) is a part; none: all
 */
export async function runUnitTestFile(file: string, names: readonly RE2JS[] = []): Promise<FileOutcome> {
  const failed = (errors: readonly string[], missing: readonly string[] = []): FileOutcome => ({
    ...{ file, ok: false, errors, missing, tests: [], left: 0 },
  });
  try {
    const tests = loadUnitTestFile(file);
    const wanted = tests.tests.filter(
      ({ name }) => names.length === 0 || names.some((one) => one.matcher(name).find()),
    );
    const errors: string[] = [];
    const groups: RuleGroup[] = [];
    for (const path of wanted.length === 0 ? [] : tests.ruleFiles) {
      try {
        groups.push(...loadRuleFile(path));
      } catch (error) {
        errors.push(told(error));
      }
    }
    if (errors.length > 0) return failed(errors, tests.missing);
    const outcomes: TestOutcome[] = [];
    for (const test of wanted) outcomes.push(await runUnitTest(tests, test, groups));
    return {
      ...{ file, errors: [], missing: tests.missing, tests: outcomes, left: tests.tests.length - wanted.length },
      ok: outcomes.every(({ problems }) => problems.length === 0),
    };
  } catch (error) {
    return failed([told(error)]);
  }
}

/** What a known error says; one that is not known is a defect of ours. */
function told(error: unknown): string {
  if (error instanceof HeliographError) return error.message;
  throw error;
}
