import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { RE2JS } from 're2js';
import { coreOption } from '../core-client.ts';
import { durationOption, timeOption } from '../options.ts';
import type { BacktestOptions } from '../rules/backtest.ts';
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

const BACKTEST = `
Each alerting rule of the file is evaluated over what the core has stored, step by step, with its "for" and "keep_firing_for". Rules that read what
another rule records see what was recorded then. A step that is longer than the rule's interval may miss what was short.
The exit code is 0, whatever fired, and 1 when a rule could not be evaluated.

Example:
  heliograph rules backtest deploy/alerts/hosts.yaml --from 7d
  heliograph rules backtest rules.yaml --rule HostDiskFills --from 2026-11-23T00:00:00Z --to 2026-11-24T00:00:00Z --step 15s
  heliograph rules backtest rules.yaml --json | jq -r '.rules[].firings[] | .labels.instance' | sort | uniq -c`;

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
  rules
    .command('backtest <file>')
    .description('when would these rules have fired? runs them over stored data')
    .addOption(coreOption())
    .option('--from <time>', 'the begin: a time, or 7d for seven days ago', timeOption, timeOption('7d'))
    .option('--to <time>', 'the end: a time, or now', timeOption, timeOption('now'))
    .option(
      '--rule <name>',
      'only this alert; may be given several times',
      (name: string, all: string[]) => [...all, name],
      [],
    )
    .option('--step <duration>', 'time between two evaluations', durationOption, 60_000)
    .option('--json', 'an object with a list of rules, each with its firings')
    .addHelpText('after', BACKTEST)
    .action(async (file: string, options: BacktestOptions) => {
      const { backtestFile } = await import('../rules/backtest.ts');
      endQuietlyWithReader();
      if (!(await backtestFile(file, options))) process.exitCode = 1;
    });
}

function nameOption(text: string, before: readonly RE2JS[]): RE2JS[] {
  try {
    return [...before, RE2JS.compile(text)];
  } catch (error) {
    throw new InvalidArgumentError(`it is no regular expression: ${error instanceof Error ? error.message : error}`);
  }
}
