import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { RE2JS } from 're2js';
import { endQuietlyWithReader, remark, say } from '../terminal/output.ts';
import { many } from '../terminal/text.ts';

const CHECK = `
A rule file is one of Prometheus 3 (docs/rule-tests.md says what is not taken). All problems of a file are told at once, each with its line.
The exit code is 0 when all files are good, 1 when one is not, and 3 when rules stand twice and --strict is given.

Example:
  heliograph rules check rules.yaml
  heliograph rules check /etc/heliograph/rules/*.yaml --strict`;

const TEST = `
The files are promtool's: rule_files, input_series, alert_rule_test, promql_expr_test (docs/rule-tests.md has an example). Rules are evaluated by
the code that a core evaluates them with. "-" was expected and is not there, "+" is there and was not expected.
The exit code is 0 when all tests pass, and 1 when one does not.

Example:
  heliograph rules test tests.yaml
  heliograph rules test deploy/alerts/tests/*.yaml --run disk --json | jq '.files[] | select(.ok | not)'`;

/** `heliograph rules check|test|backtest`: tries rules before they page anybody. */
export function addRulesCommand(program: Command): void {
  const rules = program
    .command('rules')
    .description('alerting and recording rules: check them, test them, and see when they would have fired')
    .addHelpText('after', '\nExample:\n  heliograph rules test deploy/alerts/tests/*.yaml');
  rules
    .command('check <file...>')
    .description('hold rule files against their schema')
    .option('--strict', 'rules that stand twice are an error, too')
    .option('--json', 'an object with a list of files: ok, error, warnings')
    .addHelpText('after', CHECK)
    .action(async (files: string[], options: { strict?: boolean; json?: boolean }) => {
      const { checkRuleFile } = await import('../rules/check.ts');
      endQuietlyWithReader();
      const checked = files.map(checkRuleFile);
      const ok = checked.every((one) => one.ok);
      const twice = checked.some(({ warnings }) => warnings.length > 0);
      if (options.json) say(JSON.stringify({ ok, files: checked }, null, 2));
      else {
        for (const { file, error, warnings, ...counts } of checked) {
          if (error !== null) say(`${file}: not taken\n  ${error}`);
          else say(`${file}: good, ${many(counts.rules, 'rule')} in ${many(counts.groups, 'group')}`);
          for (const warning of warnings) remark(warning);
        }
      }
      if (!ok) process.exitCode = 1;
      else if (twice && options.strict) process.exitCode = 3;
    });
  rules
    .command('test <file...>')
    .description("run unit tests of rules, in promtool's format")
    .option('--run <regex>', 'only tests whose name fits; may be given several times', nameOption, [])
    .option('--json', 'an object with a list of files: ok, errors, tests with their problems')
    .addHelpText('after', TEST)
    .action(async (files: string[], options: { run: RE2JS[]; json?: boolean }) => {
      const [{ runUnitTestFile }, { sayFileOutcome }] = await Promise.all([
        import('../../core/alerts/rules/unit-test/run-file.ts'),
        import('../rules/test.ts'),
      ]);
      endQuietlyWithReader();
      const outcomes = [];
      for (const file of files) {
        const outcome = await runUnitTestFile(file, options.run);
        if (!options.json) sayFileOutcome(outcome);
        outcomes.push(outcome);
      }
      const ok = outcomes.every((one) => one.ok);
      if (options.json) say(JSON.stringify({ ok, files: outcomes }, null, 2));
      if (!ok) process.exitCode = 1;
    });
}

function nameOption(text: string, before: readonly RE2JS[]): RE2JS[] {
  try {
    return [...before, RE2JS.compile(text)];
  } catch (error) {
    throw new InvalidArgumentError(`it is no regular expression: ${error instanceof Error ? error.message : error}`);
  }
}
