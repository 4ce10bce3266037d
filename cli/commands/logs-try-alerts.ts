import { type Command, InvalidArgumentError } from 'commander';
import { type LogRuleDefinition, loadLogRules } from '../../core/alerts/logs/rule-file.ts';
import { filterOf } from '../../core/alerts/logs/running-rule.ts';
import { type Tried, tryRule } from '../../core/alerts/logs/try-rule.ts';
import { coreOption } from '../core-client.ts';
import { newestLines } from '../log-search.ts';
import { durationOption, wholeOption } from '../options.ts';
import { endQuietlyWithReader, say } from '../terminal/output.ts';
import { many, printable, spanText } from '../terminal/text.ts';

interface Options {
  readonly core: string;
  readonly range: number;
  readonly lines: number;
  readonly rule?: string;
  readonly json?: boolean;
}

interface Result {
  readonly alert: string;
  readonly lines: number;
  /** There were more lines than were asked for: only the newest were looked at, from this time on, ms. */
  readonly from: number;
  readonly whole: boolean;
  readonly fired: readonly Tried[];
}

const EXAMPLE = `
The file is read as the core reads alerts.logs.file: an error is told with its line. Then each rule gets the lines that are stored, as if it had
been there: when it would have fired, of what, and what would fire now. Nothing is changed in the core.

Example:
  heliograph logs try-alerts log-alerts.yaml --range 7d
  heliograph logs try-alerts log-alerts.yaml --rule ManyErrors --json`;

/** `heliograph logs try-alerts FILE`: when rules over log lines would have fired. */
export function addLogsTryAlertsCommand(logs: Command): void {
  logs
    .command('try-alerts <file>')
    .description('check a file of alerts on log lines, and see when its rules would have fired')
    .addOption(coreOption())
    .option('--range <duration>', 'how far to look back', durationOption, 86_400_000)
    .option('--lines <n>', 'lines of each rule that are looked at, the newest', wholeOption(1, 10_000_000), 200_000)
    .option('--rule <name>', 'only this one')
    .option('--json', 'a JSON object a rule')
    .addHelpText('after', EXAMPLE)
    .action(async (file: string, options: Options) => {
      endQuietlyWithReader();
      const all = loadLogRules(file);
      const rules = all.filter(({ alert }) => options.rule === undefined || alert === options.rule);
      if (rules.length === 0 && all.length > 0) {
        throw new InvalidArgumentError(
          `there is no rule ${options.rule}; there are: ${all.map(({ alert }) => alert).join(', ')}`,
        );
      }
      for (const rule of rules) {
        const result = await tried(rule, options);
        say(options.json ? JSON.stringify(result) : story(rule, result));
      }
    });
}

async function tried(rule: LogRuleDefinition, { core, range, lines: most }: Options): Promise<Result> {
  const end = Date.now();
  const { text: words, hosts, services, levels, fields } = filterOf(rule);
  const filter = { core, words, hosts, services, levels, fields: fields.map((pair) => pair.join('=')) };
  const { lines, more } = await newestLines(filter, { start: end - range, end }, most);
  const from = more && lines[0] ? Date.parse(lines[0]['@timestamp']) : end - range;
  return { alert: rule.alert, lines: lines.length, from, whole: !more, fired: tryRule(rule, lines, from, end) };
}

function story(rule: LogRuleDefinition, { alert, lines, from, whole, fired }: Result): string {
  const span = spanText(Date.now() - from);
  const seen = `${many(lines, 'line')} in ${span}${whole ? '' : ' (there are more: --lines)'}`;
  const head = `${printable(alert)}: ${seen}; it would have fired ${many(fired.length, 'time')}`;
  const rows = fired.slice(-50).map(({ labels, from: since, to, most, more }) => {
    const whose = Object.entries(labels)
      .map(([name, value]) => `${name}=${printable(value)}`)
      .join(' ');
    const when = `${new Date(since).toISOString()} ${to === null ? 'until now' : `for ${spanText(to - since)}`}`;
    const what = rule.absent ? `${spanText(most * 1000)} without a line` : `up to ${many(most, 'line')}`;
    const example = more.kind ?? more.example;
    return `  ${when}  ${whose === '' ? '' : `${whose}  `}${what}${example ? `: ${printable(example).slice(0, 120)}` : ''}`;
  });
  return [head, ...rows].join('\n');
}
