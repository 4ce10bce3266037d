import { type BacktestOutcome, backtest, type StoredData } from '../../core/alerts/rules/backtest/backtest.ts';
import { samplesOf } from '../../core/alerts/rules/evaluate-rule.ts';
import { type AlertingRule, loadRuleFile, type RuleGroup } from '../../core/alerts/rules/file.ts';
import type { QueryData } from '../../core/ports/metric-store.ts';
import { HeliographError } from '../../lib/errors.ts';
import { askCore, coreUrl } from '../core-client.ts';
import { coloured, remark, say } from '../terminal/output.ts';
import { many, printable, spanText, timeText } from '../terminal/text.ts';
import { labelsText } from './labels-text.ts';
import { promDuration } from './prom-duration.ts';

export interface BacktestOptions {
  readonly core: string;
  /** ms since the epoch */
  readonly from: number;
  readonly to: number;
  readonly rule: readonly string[];
  readonly step: number;
  readonly json?: boolean;
}

interface RuleOutcome extends Partial<BacktestOutcome> {
  readonly alert: string;
  readonly line: number;
  /** Why it could not be evaluated to the end. */
  readonly error: string | null;
}

/**
 * Runs the alerting rules of a file over what a core has stored, and says when they would have fired.
 * @returns whether all could be evaluated
 */
export async function backtestFile(file: string, options: BacktestOptions): Promise<boolean> {
  const { from, to, step, core, json } = options;
  const times = { from: Math.floor(from / step) * step, to: Math.floor(to / step) * step, step };
  if (times.from > times.to)
    throw new HeliographError('HG_CONFIG_VALUE', '--from is later than --to; give an earlier one');
  const chosen = chosenRules(loadRuleFile(file), options.rule);
  remark(
    `${many(chosen.length, 'rule')} from ${timeText(times.from)} to ${timeText(times.to)}, every ${promDuration(step)}`,
  );
  const outcomes: RuleOutcome[] = [];
  for (const { rule, group } of chosen) {
    const { alert, line } = rule;
    const progress = showProgress(alert);
    let outcome: RuleOutcome;
    try {
      const found = await backtest(
        rule,
        group,
        times,
        dataOf(core),
        { externalLabels: {}, externalUrl: '' },
        progress.at,
      );
      outcome = { alert, line, error: null, ...found };
    } catch (error) {
      // No core, no answer to any rule.
      if (!(error instanceof HeliographError) || error.code === 'HG_CORE_UNREACHABLE') throw error;
      outcome = { alert, line, error: error.message };
    } finally {
      progress.end();
    }
    outcomes.push(outcome);
    if (!json) sayOutcome(file, outcome);
  }
  if (json) {
    const rules = outcomes.map(({ firings, ...more }) => ({ ...more, firings: firings?.map(withTimes) ?? [] }));
    say(JSON.stringify({ from: iso(times.from), to: iso(times.to), stepSeconds: step / 1000, rules }, null, 2));
  }
  return outcomes.every(({ error }) => error === null);
}

function chosenRules(
  groups: readonly RuleGroup[],
  names: readonly string[],
): { readonly rule: AlertingRule; readonly group: RuleGroup }[] {
  const all = groups.flatMap((group) =>
    group.rules.flatMap((rule) => (rule.kind === 'alert' ? [{ rule, group }] : [])),
  );
  for (const name of names) {
    if (all.some(({ rule }) => rule.alert === name)) continue;
    const known = all.map(({ rule }) => rule.alert).join(', ');
    throw new HeliographError(
      'HG_CONFIG_VALUE',
      `--rule ${name}: no such alert in the file; it has ${known || 'none'}`,
    );
  }
  return names.length === 0 ? all : all.filter(({ rule }) => names.includes(rule.alert));
}

function dataOf(core: string): StoredData {
  const seconds = (ms: number) => String(ms / 1000);
  return {
    async queryRange(query, start, end, step) {
      const times = { start: seconds(start), end: seconds(end), step: seconds(step) };
      return (await askCore<{ data: QueryData }>(coreUrl(core, '/api/v1/query_range', { query, ...times }))).body.data;
    },
    async query(query, time) {
      const url = coreUrl(core, '/api/v1/query', { query, time: seconds(time) });
      return samplesOf((await askCore<{ data: QueryData }>(url)).body.data);
    },
  };
}

function sayOutcome(file: string, { alert, line, error, firings = [], pended = 0 }: RuleOutcome): void {
  if (error !== null) {
    say(`${coloured('red', 'FAILED')}  ${printable(alert)} (${file}:${line}): ${printable(error)}`);
    return;
  }
  const also = pended === 0 ? '' : `; it held ${many(pended, 'time')} more, and not long enough`;
  say(
    `${printable(alert)} (${file}:${line}): ${firings.length === 0 ? 'would not have fired' : many(firings.length, 'firing')}${also}`,
  );
  for (const { labels, begin, end, value } of firings) {
    const until = end === null ? 'fires still            ' : timeText(end);
    const span = end === null ? '' : spanText(end - begin);
    say(`  ${timeText(begin)}  ${until}  ${span.padEnd(7)}  ${labelsText(labels, ['alertname'])} ${value}`);
  }
}

const iso = (ms: number) => new Date(ms).toISOString();

function withTimes({ labels, value, activeAt, begin, end }: NonNullable<RuleOutcome['firings']>[number]) {
  return { labels, value, activeAt: iso(activeAt), begin: iso(begin), end: end === null ? null : iso(end) };
}

/** One line on a terminal, over and over; nothing where there is none. */
function showProgress(alert: string): { readonly at: (done: number) => void; readonly end: () => void } {
  const { stderr } = process;
  if (!stderr.isTTY) return { at: () => undefined, end: () => undefined };
  return {
    at: (done) => stderr.write(`\r${printable(alert)} ${Math.floor(done * 100)} %`),
    end: () => stderr.write('\r\x1b[K'),
  };
}
