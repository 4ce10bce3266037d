import type { PageSeries } from '../../../proto/page.ts';
import type { Matcher } from '../../ports/metric-store.ts';
import type { AlertMaker } from '../alert.ts';
import type { AlertBook } from '../alert-book.ts';
import { alertSamples } from './alert-series.ts';
import { eventTimeQuery } from './event-time.ts';
import { type Rule, type RuleGroup, ruleName } from './file.ts';
import { labelsKey } from './labels-key.ts';
import { selectorsOf } from './reads.ts';

/** How a rule fares. Times are ms since the epoch, and ms. */
export interface RuleFate {
  health: 'unknown' | 'ok' | 'err';
  lastError: string | null;
  lastEvaluation: number | null;
  evaluationMs: number;
}

/** A rule of a group, and what is remembered from evaluation to evaluation. */
export class RuleInUse {
  readonly rule: Rule;
  readonly group: RuleGroup;
  /** Equal for a rule that stays when its file changes: file, group, name and labels, and which of those that share them. */
  readonly id: string;
  readonly selectors: readonly (readonly Matcher[])[];
  /** Of an alerting rule. */
  readonly maker: AlertMaker | null;
  /** What to ask for when what it tells of happened; null: that costs too much. */
  readonly eventTime: string | null;
  fate: RuleFate = { health: 'unknown', lastError: null, lastEvaluation: null, evaluationMs: 0 };
  /** What it gave the last time: a series that is not there the next time ends. */
  before = new Map<string, PageSeries>();

  /** @param place among the rules of the group with the same name and labels @param everyMs how often it is evaluated */
  constructor(rule: Rule, group: RuleGroup, place: number, everyMs: number) {
    this.rule = rule;
    this.group = group;
    const name = ruleName(rule);
    const labels = Object.entries(rule.labels).sort(([a], [b]) => (a < b ? -1 : 1));
    this.id = JSON.stringify([group.file, group.name, rule.kind, name, labels, place]);
    this.selectors = selectorsOf(rule.expr);
    this.eventTime = rule.kind === 'alert' ? eventTimeQuery(rule.expr) : null;
    this.maker =
      rule.kind === 'alert'
        ? {
            ...{ id: this.id, source: 'rule', name, forMs: rule.forMs, keepFiringForMs: rule.keepFiringForMs },
            ...{ everyMs, query: rule.expr },
          }
        : null;
  }

  /** The names of the series that it writes. */
  get names(): readonly string[] {
    return this.rule.kind === 'record' ? [this.rule.record] : ['ALERTS', 'ALERTS_FOR_STATE'];
  }

  /** Goes on where the rule before it was, or where the alerts are that were kept on disk. */
  goOn(before: RuleInUse | undefined, book: AlertBook): void {
    if (before) {
      this.fate = before.fate;
      this.before = before.before;
      return;
    }
    for (const alert of book.ofMaker(this.id)) {
      if (alert.state === 'resolved') continue;
      for (const { series } of alertSamples(alert, 0)) this.before.set(JSON.stringify(series), series);
    }
  }
}

/** The file that the alerts of a maker come from; null: it is no rule's. */
export function fileOfMaker(id: string): string | null {
  try {
    const [file] = JSON.parse(id) as [unknown];
    return typeof file === 'string' ? file : null;
  } catch {
    // Another source's.
    return null;
  }
}

/** The rules of a group, in order. @param everyMs how often they are evaluated where the group does not say */
export function rulesOf(group: RuleGroup, everyMs: number): RuleInUse[] {
  const places = new Map<string, number>();
  return group.rules.map((rule) => {
    const name = ruleName(rule);
    const key = JSON.stringify([rule.kind, name, labelsKey(rule.labels)]);
    const place = places.get(key) ?? 0;
    places.set(key, place + 1);
    return new RuleInUse(rule, group, place, group.intervalMs ?? everyMs);
  });
}
