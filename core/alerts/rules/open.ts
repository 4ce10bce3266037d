import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { after } from '../../../lib/after.ts';
import type { CoreConfig } from '../../config.ts';
import type { Account } from '../../ledger/account.ts';
import { OwnSamples } from '../../own-samples.ts';
import type { AlertBook } from '../alert-book.ts';
import type { AlertParts } from '../open.ts';
import { RuleFigures } from './figures.ts';
import { loadRuleFile } from './file.ts';
import { RuleOwnAlerts } from './own-alerts.ts';
import { RuleClock } from './rule-clock.ts';
import { type GroupInUse, RuleEvaluator } from './rule-evaluator.ts';
import { RuleFiles } from './rule-files.ts';
import { RuleQueries } from './rule-query.ts';
import { RuleWriter } from './writer.ts';

/** How often files are looked at, and the rules' own alerts made, ms. */
const LOOK_MS = 5_000;
/** The clock is looked at so often, whatever is due. */
const MOST_WAIT_MS = 1_000;

/** The rules of a core, while it is up. */
export interface Rules {
  readonly groups: readonly GroupInUse[];
  /** Files that cannot be used as they are, and why; the rules they had stay. */
  readonly trouble: ReadonlyMap<string, string>;
  close(): Promise<void>;
}

/** What rules stand on. */
export interface RuleParts extends Pick<AlertParts, 'metrics' | 'clock' | 'log' | 'registry'> {
  readonly config: Pick<CoreConfig, 'alerts' | 'query'>;
  readonly account: Pick<Account, 'take' | 'settle'>;
}

/** Puts the rules together and starts them. A file that is not good stops no others. */
export function openRules(parts: RuleParts, book: AlertBook): Rules {
  const { config, metrics, account, clock, log, registry } = parts;
  const { rules: settings } = config.alerts;
  const mono = () => clock.mono();
  const now = () => clock.now();
  const figures = new RuleFigures(registry);
  const queries = new RuleQueries(metrics, {
    timeoutMs: settings.timeout,
    maxSamples: config.query.maxSamples,
    lookbackMs: config.query.lookback,
    maxSeries: settings.maxSeries,
  });
  const newest = [...book.all()].reduce((most, { heldAt }) => Math.max(most, heldAt), 0);
  const ruleClock = new RuleClock(clock, newest);
  const ownAlerts = new RuleOwnAlerts(book, mono);
  let cancel: () => void = () => undefined;
  const evaluator = new RuleEvaluator({
    ...{ book, queries, figures, metrics, now, mono, log },
    writer: new RuleWriter(new OwnSamples(metrics, account, now), metrics, randomBytes(8).toString('hex')),
    clock: ruleClock,
    everyMs: settings.evaluateEvery,
    timeoutMs: settings.timeout,
    startAfterMs: settings.startAfter,
    concurrency: settings.concurrency,
    externalLabels: settings.externalLabels,
    externalUrl: settings.externalUrl ?? '',
    breathe: () => setImmediate(),
    commit: (time) => book.commit(time),
    onMissed: (group, missed) => ownAlerts.missed(group, missed),
    onFree: () => {
      cancel();
      step();
    },
  });
  const files = new RuleFiles(settings.files, loadRuleFile, log);
  const setRules = () => evaluator.setGroups(files.groups, new Set(files.trouble.keys()));
  const look = () => {
    try {
      if (files.look()) setRules();
      ownAlerts.hold(evaluator.groups, files.trouble, ruleClock.alertTime(ruleClock.now()));
    } catch (error) {
      log.error('rules were not looked at; trying again', { 'error.message': String(error) });
    }
  };
  files.look();
  setRules();
  const step = () => {
    cancel = after(step, Math.min(MOST_WAIT_MS, evaluator.step()));
  };
  step();
  const looking = setInterval(look, LOOK_MS);
  registry.gauge('heliograph_core_rules', 'Rules in force, by kind.').collect(() => countKinds(evaluator.groups));
  registry
    .gauge(
      'heliograph_core_rules_files_refused',
      'Files of rules that cannot be used as they are; the rules before stay.',
    )
    .collect(() => [[{}, files.trouble.size]]);
  registry
    .gauge(
      'heliograph_core_rules_clock_step_seconds',
      'By how much the clock stepped, while it is not known whether the samples go by it.',
    )
    .collect(() => {
      const { doubt } = ruleClock;
      return [[{}, doubt ? (doubt.now - doubt.before) / 1000 : 0]];
    });
  return {
    get groups() {
      return evaluator.groups;
    },
    get trouble() {
      return files.trouble;
    },
    close: async () => {
      cancel();
      clearInterval(looking);
      await evaluator.close();
    },
  };
}

function countKinds(groups: readonly GroupInUse[]): (readonly [{ kind: string }, number])[] {
  const counts = { alert: 0, record: 0 };
  for (const { rules } of groups) for (const { rule } of rules) counts[rule.kind]++;
  return Object.entries(counts).map(([kind, count]) => [{ kind }, count] as const);
}
