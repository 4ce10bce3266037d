import type { Command } from 'commander';
import type { RelabelKind } from '../../lib/relabel/rule.ts';
import type { Attempt } from '../relabel/attempt.ts';
import { endQuietlyWithReader, remark, say } from '../terminal/output.ts';
import { many } from '../terminal/text.ts';

interface Options {
  readonly rules: string;
  readonly input?: string;
  readonly logs?: boolean;
  readonly service: string;
  readonly file: string;
  readonly changed?: boolean;
  readonly json?: boolean;
}

const EXAMPLE = `
The file is a collector's or a relay's configuration (one that names cores), or has only the keys "relabel" (rules for series) and "relabelLogs" (rules for lines).
Nothing is sent, and nothing has to run. A relay's rules see "instance" and "site" too: give them in the input. Each rule is shown with what it changed, then what would be sent.

Without --input the series are those of this machine. With it, a line is a series: metric{label="value"} with or without a value,
or a JSON object of labels. With --logs a line is a line of a log, or an object as "heliograph logs --json" prints it.

Example:
  heliograph relabel test --rules collector.yaml --changed
  echo 'node_cpu_seconds_total{cpu="0",mode="idle"}' | heliograph relabel test --rules rules.yaml --input -
  curl -s relay-1:9472/metrics | grep -v '^#' | heliograph relabel test --rules rules.yaml --input -
  curl -sG core:9470/api/v1/series -d 'match[]={instance="web-17"}' | jq -c '.data[]' | heliograph relabel test --rules rules.yaml --input -
  heliograph relabel test --rules collector.yaml --logs --service shop --input /var/log/shop.log --json | jq -c .after`;

/** `heliograph relabel test`: what relabelling rules do, step by step, on series or lines that are there. */
export function addRelabelCommand(program: Command): void {
  program
    .command('relabel')
    .description('rules that rename, drop and keep series and lines before they are sent')
    .addHelpText('after', '\nExample:\n  heliograph relabel test --rules collector.yaml --changed')
    .command('test')
    .description('try rules on series or lines, and see what each rule does')
    .requiredOption(
      '--rules <file>',
      "a collector's or a relay's configuration, or a file with the keys relabel and relabelLogs",
    )
    .option(
      '--input <file>',
      'series or lines, one a line; "-" is standard input (without it: the series of this machine)',
    )
    .option('--logs', 'try the rules for lines')
    .option('--service <name>', 'with --logs: the service of the lines', 'service')
    .option('--file <path>', 'with --logs: the file that they stand in (log.file.path)', '/var/log/service.log')
    .option('--changed', 'show only what a rule changes or drops')
    .option('--json', 'an object a line: before, steps, after, note')
    .addHelpText('after', EXAMPLE)
    .action(async (options: Options, command: Command) => {
      const kind: RelabelKind = options.logs ? 'logs' : 'metrics';
      if (kind === 'logs' && options.input === undefined)
        command.error('error: --input FILE is missing: where are the lines? ("-" is standard input)');
      endQuietlyWithReader();
      const { attempts, unread, whose } = await openAttempts(options, kind);
      const { story, answer } = await import('../relabel/story.ts');
      const counts = { all: 0, changed: 0, unsent: 0 };
      for await (const one of attempts) {
        counts.all++;
        const unsent = one.after === null;
        const changed = one.steps.some(({ outcome }) => outcome === 'changed');
        if (unsent) counts.unsent++;
        else if (changed) counts.changed++;
        if (options.changed && !unsent && !changed) continue;
        say(options.json ? JSON.stringify(answer(one)) : story(one, kind));
      }
      const what = kind === 'logs' ? many(counts.all, 'line') : many(counts.all, 'series', 'series');
      remark(
        `${whose}; ${what}: ${counts.changed} changed, ${counts.unsent} not sent${unread() === 0 ? '' : `; ${many(unread(), 'line')} of the input is no series`}`,
      );
    });
}

/** Each series or line of the input, tried; and how many lines of it were none. */
async function openAttempts(
  options: Options,
  kind: RelabelKind,
): Promise<{ attempts: AsyncIterable<Attempt>; unread: () => number; whose: string }> {
  const [{ readRules }, { attempt, SentSeries }, { nodeRelabeler }, { parseSeries }, subjects] = await Promise.all([
    import('../relabel/rules-file.ts'),
    import('../relabel/attempt.ts'),
    import('../../lib/relabel/node-relabeler.ts'),
    import('../relabel/series-text.ts'),
    import('../relabel/subjects.ts'),
  ]);
  const { tier, file, rules, labels } = readRules(options.rules, kind);
  const relabeler = nodeRelabeler(rules, kind);
  const { input } = options;
  const sent = new SentSeries();
  let unread = 0;
  async function* attempts(): AsyncGenerator<Attempt> {
    if (input === undefined) {
      for await (const series of subjects.seriesOfMachine(labels)) yield sent.once(attempt(relabeler, series, tier));
      return;
    }
    for await (const line of subjects.linesOf(input)) {
      if (kind === 'logs') yield attempt(relabeler, subjects.fieldsOf(line, options.service, options.file));
      else if (line.trim() !== '' && !line.startsWith('#')) {
        const series = parseSeries(line);
        if (series === null) unread++;
        else yield sent.once(attempt(relabeler, tier === 'relay' ? { ...labels, ...series } : series, tier));
      }
    }
  }
  return {
    attempts: attempts(),
    unread: () => unread,
    whose: `rules of the ${tier}, ${many(rules.length, 'rule')} in ${file}`,
  };
}
