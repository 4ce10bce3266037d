import type { Command } from 'commander';
import type { QueryData } from '../../core/ports/metric-store.ts';
import { HeliographError } from '../../lib/errors.ts';
import { askCore, coreOption, coreUrl } from '../core-client.ts';
import { durationOption, timeOption } from '../options.ts';
import { instantTable, rangeTable } from '../query-tables.ts';
import { endQuietlyWithReader, remark, say, terminalWidth } from '../terminal/output.ts';

interface Options {
  readonly core: string;
  readonly at?: number;
  readonly range?: number;
  readonly step?: number;
  readonly json?: boolean;
}

interface Answer {
  readonly data: QueryData;
  readonly warnings?: readonly string[];
}

/** Points of a range when no step is given: more than a terminal can show, few enough to be quick. */
const POINTS = 240;

const EXAMPLE = `
Example:
  heliograph query 'node_load1'
  heliograph query 'topk(5, sum by (host) (rate(node_network_receive_bytes_total[5m])))' --range 6h --step 1m
  heliograph query 'up == 0' --at 10m --json | jq '.data.result[].metric.host'`;

/** `heliograph query EXPR`: PromQL at a moment or over a range, as a table, as bars, or as the API's own answer. */
export function addQueryCommand(program: Command): void {
  program
    .command('query <expression>')
    .description('ask the core in PromQL, and print a table')
    .addOption(coreOption())
    .option('--at <time>', 'the moment (or, with --range, its end): a time, or 10m for ten minutes ago', timeOption)
    .option('--range <duration>', 'the course over this time instead of one moment', durationOption)
    .option('--step <duration>', 'with --range: time between two values (default: a 240th of it)', durationOption)
    .option('--json', "the API's answer as it is")
    .addHelpText('after', EXAMPLE)
    .action(async (expression: string, options: Options) => {
      endQuietlyWithReader();
      if (options.step !== undefined && options.range === undefined) {
        throw new HeliographError('HG_CONFIG_VALUE', '--step goes with --range; add --range 1h, say');
      }
      await (options.range === undefined
        ? askMoment(expression, options)
        : askRange(expression, options, options.range));
    });
}

async function askMoment(expression: string, options: Options): Promise<void> {
  const time = options.at === undefined ? undefined : seconds(options.at);
  const { body, text } = await ask(expression, coreUrl(options.core, '/api/v1/query', { query: expression, time }));
  show(body, text, options, () => instantTable(body.data));
}

async function askRange(expression: string, options: Options, range: number): Promise<void> {
  const step = options.step ?? Math.max(1000, Math.ceil(range / POINTS / 1000) * 1000);
  const end = Math.floor((options.at ?? Date.now()) / 1000) * 1000;
  const times = { start: end - Math.floor(range / step) * step, end, step };
  const { body, text } = await ask(
    expression,
    coreUrl(options.core, '/api/v1/query_range', {
      query: expression,
      start: seconds(times.start),
      end: seconds(times.end),
      step: seconds(step),
    }),
  );
  show(body, text, options, () => rangeTable(body.data, times, terminalWidth()));
}

function show(body: Answer, text: string, options: Options, draw: () => string): void {
  if (options.json) say(text);
  for (const warning of body.warnings ?? []) remark(warning);
  if (options.json) return;
  const { data } = body;
  if ((data.resultType === 'vector' || data.resultType === 'matrix') && data.result.length === 0) {
    remark('the answer is empty: no series matches, or none has a value then');
  } else say(draw());
}

/** The core's answer; where it finds a fault in the expression, the place is shown under it. */
async function ask(expression: string, url: URL) {
  try {
    return await askCore<Answer>(url);
  } catch (error) {
    if (!(error instanceof HeliographError) || typeof error.facts.error !== 'string') throw error;
    const place = /(\d+):(\d+): parse error: (.*)$/s.exec(error.facts.error);
    if (!place) throw error;
    const line = expression.split('\n')[Number(place[1]) - 1] ?? '';
    const caret = `${' '.repeat(Number(place[2]) - 1)}^`;
    throw new HeliographError('HG_QUERY_SYNTAX', `${place[3]}\n  ${line}\n  ${caret}`, error.facts, error);
  }
}

function seconds(ms: number): string {
  return String(ms / 1000);
}
