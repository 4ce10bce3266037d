import { type Command, InvalidArgumentError, Option } from 'commander';
import type { StoredLine } from '../../core/ports/log-store.ts';
import { LOG_LEVELS } from '../../proto/desired.ts';
import { coreOption } from '../core-client.ts';
import { followLogs } from '../log-follow.ts';
import { LogLines } from '../log-lines.ts';
import { newestLines } from '../log-search.ts';
import { countOption, durationOption } from '../options.ts';
import { endQuietlyWithReader, remark, say } from '../terminal/output.ts';
import { spanText } from '../terminal/text.ts';
import { addLogsParseCommand } from './logs-parse.ts';
import { addLogsTryAlertsCommand } from './logs-try-alerts.ts';

interface Options {
  readonly core: string;
  readonly host?: readonly string[];
  readonly service?: readonly string[];
  readonly level?: readonly string[];
  readonly field?: readonly string[];
  readonly since: number;
  readonly limit: number;
  readonly follow?: boolean;
  readonly json?: boolean;
}

const EXAMPLE = `
Example:
  heliograph logs --host web-17 --since 10m
  heliograph logs '"connection reset" upstream' --level error --limit 20
  heliograph logs --service checkout --follow
  heliograph logs parse --config core.yaml --service nginx < access.log   (tries parsing rules; for the word parse: logs '"parse"')
  heliograph logs timeout --json | jq -r '."host.name"' | sort | uniq -c`;

/** `heliograph logs [WORDS]`: search and live tail, the newest line last. */
export function addLogsCommand(program: Command): void {
  const logs = program
    .command('logs [words...]')
    .description('search log lines; all words must occur, "words in quotes" side by side')
    // `logs parse` has options of the same names.
    .enablePositionalOptions()
    .addOption(coreOption())
    .option('--host <name...>', 'only of these hosts')
    .option('--service <name...>', 'only of these services')
    .option('--field <name=value...>', 'only with these fields, all of them: http.status=402')
    .option('--level <level>', 'this level and above: trace, debug, info, warning, error or fatal', levelAndAbove)
    .addOption(new Option('--since <duration>', 'how far back').argParser(durationOption).default(3_600_000, '1h'))
    .option('--limit <n>', 'at most so many, the newest', countOption, 100)
    .option('-f, --follow', 'go on with new lines as they come')
    .option('--json', 'a JSON object a line')
    .addHelpText('after', EXAMPLE)
    .action(async (words: string[], options: Options) => {
      endQuietlyWithReader();
      const lines = new LogLines();
      const show = (line: StoredLine) => say(options.json ? JSON.stringify(line) : lines.text(line));
      const filter = {
        core: options.core,
        words: words.join(' '),
        hosts: options.host ?? [],
        services: options.service ?? [],
        levels: options.level ?? [],
        fields: options.field ?? [],
      };
      const now = Date.now();
      // Up to an hour ahead: a line of a host whose clock is fast is a line too.
      const range = { start: now - options.since, end: now + 3_600_000 };
      const { lines: shown, more } = await newestLines(filter, range, options.limit);
      lines.fit(shown);
      for (const line of shown) show(line);
      if (options.follow) {
        if (shown.length === 0) remark('nothing yet; waiting for lines (Ctrl-C ends it)');
        await followLogs({
          filter,
          shown,
          since: now,
          show,
          remark,
          now: Date.now,
          signal: new AbortController().signal,
        });
      } else if (shown.length === 0) {
        remark(`no line of the last ${spanText(options.since)} matches; --since 24h looks further back`);
      } else if (more && !options.json) {
        remark(`these are the newest ${shown.length}; there are more (--limit)`);
      }
    });
  addLogsParseCommand(logs);
  addLogsTryAlertsCommand(logs);
}

function levelAndAbove(text: string): readonly string[] {
  const name = text.toLowerCase() === 'warn' ? 'warning' : text.toLowerCase();
  const at = (LOG_LEVELS as readonly string[]).indexOf(name);
  if (at < 0) throw new InvalidArgumentError(`write one of: ${LOG_LEVELS.join(', ')}`);
  return LOG_LEVELS.slice(at);
}
