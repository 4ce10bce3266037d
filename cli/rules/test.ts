import type { FileOutcome } from '../../core/alerts/rules/unit-test/run-file.ts';
import { coloured, remark, say } from '../terminal/output.ts';
import { many, printable } from '../terminal/text.ts';
import { problemLines } from './problem-text.ts';

/** Says what became of a file of unit tests. */
export function sayFileOutcome({ file, ok, errors, missing, tests, left }: FileOutcome): void {
  for (const pattern of missing) remark(`${file}: no file fits ${JSON.stringify(pattern)} of rule_files`);
  const also = left === 0 ? '' : `, ${left} left out`;
  if (ok) {
    say(`${coloured('green', 'ok')}      ${file}: ${many(tests.length, 'test')}${also}`);
    return;
  }
  const failed = tests.filter(({ problems }) => problems.length > 0);
  const what =
    errors.length > 0 ? 'no test could run' : `${failed.length} of ${many(tests.length, 'test')} failed${also}`;
  say(`${coloured('red', 'FAILED')}  ${file}: ${what}`);
  for (const error of errors) say(`  ${printable(error, true)}`);
  for (const { name, line, problems } of failed) {
    say(`  ${name === '' ? `the test at line ${line}` : printable(name)}`);
    for (const problem of problems) for (const text of problemLines(file, problem)) say(`  ${text}`);
  }
}
