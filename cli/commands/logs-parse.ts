import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import type { Passed } from '../../core/indexer/pipeline/pipeline.ts';
import { endQuietlyWithReader, remark, say } from '../terminal/output.ts';
import { many, printable } from '../terminal/text.ts';
import { loadTierConfig } from '../tier-config.ts';

interface Options {
  readonly config: string;
  readonly service: string;
  readonly host: string;
  readonly file?: string;
  readonly class: 'log' | 'error' | 'debug';
  readonly json?: boolean;
}

const EXAMPLE = `
Nothing is sent or stored, and no core has to run. Each line goes through "indexer" of the configuration as a line of that
service would: the first rule of "services" that matches parses it, the catalogue and the GeoIP database add to it, and the
filters say whether it would be stored. A line that its rule cannot parse is shown with the reason; it would be stored as it is.

Example:
  heliograph logs parse --config core.yaml --service nginx < access.log
  journalctl -u shop -o cat -n 20 | heliograph logs parse --config core.yaml --service shop
  heliograph logs parse --config core.yaml --service shop --json < shop.log | jq -r .parseError | sort | uniq -c`;

/** `heliograph logs parse`: what the rules of a configuration make of lines, tried out on the terminal. */
export function addLogsParseCommand(logs: Command): void {
  logs
    .command('parse')
    .description('try the parsing rules of a configuration on lines from standard input')
    .requiredOption('--config <file>', "the core's configuration")
    .requiredOption('--service <name>', 'the service that the lines are of')
    .option('--host <name>', 'the host that they come from', 'localhost')
    .option('--file <path>', 'the file that they stand in (log.file.path)')
    .option('--class <class>', 'the class in which they come: log, error or debug', 'log')
    .option('--json', 'a JSON object a line: before, after, rule, parseError, filter')
    .addHelpText('after', EXAMPLE)
    .action(async (options: Options) => {
      endQuietlyWithReader();
      const attempt = await openAttempt(options);
      const counts = { lines: 0, parsed: 0, failed: 0, unmatched: 0, filtered: 0 };
      for await (const text of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
        const passed = attempt(text, counts.lines++);
        if (passed.rule === null) counts.unmatched++;
        else if (passed.failure === null) counts.parsed++;
        else counts.failed++;
        if (passed.filter !== null) counts.filtered++;
        say(options.json ? JSON.stringify(answer(text, passed)) : story(text, passed));
      }
      if (!options.json) {
        const { lines, parsed, failed, unmatched, filtered } = counts;
        remark(
          `${many(lines, 'line')}: ${parsed} parsed, ${failed} not parsed, ${unmatched} without a rule; ${filtered} would be dropped by filters`,
        );
      }
    });
}

/** What the pipeline of the configuration makes of a line; `place` among those that came. */
async function openAttempt(options: Options): Promise<(text: string, place: number) => Passed> {
  const loaded = await loadTierConfig(options.config, 'core');
  if (loaded.tier !== 'core') throw new TypeError('asked for a core');
  const [{ Pipeline }, { checkPipelineFiles }, { Registry }, { silentLog }, { classify }] = await Promise.all([
    import('../../core/indexer/pipeline/pipeline.ts'),
    import('../../core/indexer/pipeline/check-files.ts'),
    import('../../lib/metrics.ts'),
    import('../../lib/log.ts'),
    import('../../lib/stages/line-class.ts'),
  ]);
  await checkPipelineFiles(loaded.config.indexer);
  const pipeline = await Pipeline.open(loaded.config.indexer, {
    log: silentLog,
    registry: new Registry(),
    mono: () => performance.now(),
    breathe: async () => undefined,
    retentionMs: loaded.config.retention.logs,
  });
  const now = Date.now();
  const frame = {
    id: { host: options.host, boot: '0'.repeat(24), class: options.class, sequence: 1 },
    relay: '',
    created: now,
    received: now,
    skew: 0,
    lane: 'live' as const,
    instance: options.host,
    site: '',
    lines: [],
  };
  const fields: Record<string, string> = options.file === undefined ? {} : { 'log.file.path': options.file };
  return (text, place) => {
    // Level and time as a collector reads them before the line is sent.
    const { level, time } = classify('', Number.NaN, new TextEncoder().encode(text), now);
    const line = { time, message: text, level, service: options.service, fields };
    return pipeline?.pass(frame, line, place) ?? { line, rule: null, failure: null, filter: null };
  };
}

function answer(text: string, { line, rule, failure, filter }: Passed) {
  const { time, message, level, service, fields } = line;
  const after = {
    '@timestamp': new Date(time).toISOString(),
    message,
    'log.level': level,
    'service.name': service,
    fields,
  };
  return { before: text, after, rule, parseError: failure, filter };
}

/** The line before, and after: what became of it, and each field on a line of its own. */
function story(text: string, passed: Passed): string {
  const { after, rule, parseError, filter } = answer(text, passed);
  const fate = rule === null ? 'no rule matches' : parseError === null ? `rule ${rule}` : `rule ${rule}: ${parseError}`;
  const stored = filter === null ? '' : `, dropped by filter ${filter}`;
  const { fields, ...own } = after;
  const rows = Object.entries({ ...own, ...fields });
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    `- ${printable(text)}`,
    `  ${fate}${stored}`,
    ...rows.map(([name, value]) => `    ${printable(name).padEnd(width)}  ${value === '' ? '-' : printable(value)}`),
  ].join('\n');
}
