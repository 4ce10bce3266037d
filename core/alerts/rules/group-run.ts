import { fingerprintOf } from '../../../lib/alerts/fingerprint.ts';
import { type ErrorCode, HeliographError } from '../../../lib/errors.ts';
import type { PageSeries } from '../../../proto/page.ts';
import type { OwnSample } from '../../own-samples.ts';
import { RULE_HELD, type RuleHeld } from '../../traces.ts';
import type { Alert, Held } from '../alert.ts';
import type { AlertBook } from '../alert-book.ts';
import { alertSamples, seriesOf } from './alert-series.ts';
import {
  evaluateAlertingRule,
  evaluateRecordingRule,
  type InstantQuery,
  type InstantSample,
  type RuleSurroundings,
} from './evaluate-rule.ts';
import { nameless } from './event-time.ts';
import type { RuleFigures } from './figures.ts';
import type { AlertingRule, RecordingRule, Rule } from './file.ts';
import { readsAny } from './reads.ts';
import type { RuleInUse } from './rule-in-use.ts';
import type { RuleQueries, RuleResult } from './rule-query.ts';
import { FillBudget } from './template/budget.ts';
import type { RuleWriter } from './writer.ts';

export interface GroupRunParts extends Pick<RuleSurroundings, 'externalLabels' | 'externalUrl'> {
  /** Lets others have a turn. */
  readonly breathe: () => Promise<unknown>;
  /** Of a query, and of all templates of a rule together. */
  readonly timeoutMs: number;
  readonly book: AlertBook;
  /** What the book was told is durable after it: nobody is shown that an alert fires that a crash would make pend again. */
  readonly keep: () => void;
  readonly queries: Pick<RuleQueries, 'ask'>;
  readonly writer: Pick<RuleWriter, 'write' | 'visible'>;
  readonly figures: RuleFigures;
  /** ms since the epoch, for people. */
  readonly now: () => number;
  /** ms on a clock that never steps. */
  readonly mono: () => number;
  /** Whether a rule is still in force: its file may have changed while it was evaluated. */
  readonly inForce: (rule: RuleInUse) => boolean;
  readonly onFailure: (rule: RuleInUse, error: Error) => void;
}

/** The times of an evaluation, ms since the epoch. */
export interface EvaluationTimes {
  /** Of the evaluation. */
  readonly time: number;
  /** What alerts are judged by. */
  readonly alertTime: number;
}

interface Unwritten {
  readonly rule: RuleInUse;
  readonly samples: readonly OwnSample[];
}

/** One evaluation of a group: its rules one after the other, and each sees what those before it gave. A rule that fails stops none of the others. */
export class GroupRun {
  readonly #parts: GroupRunParts;
  readonly #times: EvaluationTimes;
  /** Written together, as long as no rule that follows reads of it. */
  #unwritten: Unwritten[] = [];
  readonly #names = new Set<string>();

  constructor(parts: GroupRunParts, times: EvaluationTimes) {
    this.#parts = parts;
    this.#times = times;
  }

  /**
   * @param from the index of the rule to begin with; those before it come last
   * @param forMs no rule begins so long after the first
   * @returns how many rules were evaluated
   */
  async run(rules: readonly RuleInUse[], from = 0, forMs = Number.POSITIVE_INFINITY): Promise<number> {
    const { mono } = this.#parts;
    const end = mono() + forMs;
    let done = 0;
    for (const rule of [...rules.slice(from), ...rules.slice(0, from)]) {
      if (done > 0 && mono() >= end) break;
      if (readsAny(rule.selectors, this.#names)) await this.#write(true);
      await this.#evaluate(rule);
      done++;
    }
    await this.#write(false);
    return done;
  }

  async #evaluate(one: RuleInUse): Promise<void> {
    const { queries, figures, now, mono, inForce } = this.#parts;
    const started = mono();
    const time = this.#times.time - one.group.queryOffsetMs;
    one.fate.lastEvaluation = now();
    try {
      const result = await queries.ask(one.rule.expr, time);
      if (result.partial) figures.partial(one.group);
      const samples =
        one.rule.kind === 'record'
          ? await this.#recorded(one, one.rule, result, time)
          : await this.#alerts(one, one.rule, result, time);
      if (!inForce(one)) return;
      this.#take(one, samples, time, result.partial);
      one.fate.health = 'ok';
      one.fate.lastError = null;
    } catch (error) {
      this.#fail(one, error);
    } finally {
      one.fate.evaluationMs = mono() - started;
      figures.evaluated(one.group, one.fate.evaluationMs);
    }
  }

  async #recorded(one: RuleInUse, rule: RecordingRule, result: RuleResult, time: number): Promise<OwnSample[]> {
    limitTo(one.group.limit, result.samples.length, 'series');
    const samples = await evaluateRecordingRule(rule, this.#query(rule, result, time));
    return samples.map(({ labels, value }) => ({ series: seriesOf(rule.record, labels), time, value }));
  }

  /** Fills in the alerts, and tells the book what holds. */
  async #alerts(one: RuleInUse, rule: AlertingRule, result: RuleResult, time: number): Promise<OwnSample[]> {
    const { book, keep, figures, inForce, externalLabels, externalUrl, breathe, mono, now, timeoutMs } = this.#parts;
    const maker = one.maker!;
    const answered = now();
    let held = await evaluateAlertingRule(rule, this.#query(rule, result, time), {
      ...{ now: this.#times.time, externalLabels, externalUrl, breathe },
      budget: new FillBudget(mono, breathe, timeoutMs),
      onTemplateTrouble: () => figures.template(),
    });
    const living = new Map<string, Alert>();
    for (const alert of book.ofMaker(maker.id)) if (alert.state !== 'resolved') living.set(alert.fingerprint, alert);
    const prints = held.map(({ labels }) => fingerprintOf(labels));
    if (prints.some((print) => !living.has(print))) held = await this.#dated(one, held, result.samples, time);
    // Nobody knows of those that are missing in half an answer.
    if (result.partial) held = [...held, ...stillHeld(living, new Set(prints))];
    limitTo(one.group.limit, held.length, 'alerts');
    if (!inForce(one)) return [];
    book.hold(maker, held, this.#times.alertTime);
    keep();
    if (RULE_HELD.hasSubscribers) {
      const times = { time: this.#times.time, began: one.fate.lastEvaluation!, answered, held: now() };
      RULE_HELD.publish({ alert: rule.alert, ...times, alerts: held.length } satisfies RuleHeld);
    }
    const active = [...book.ofMaker(maker.id)].filter(({ state }) => state !== 'resolved');
    return active.flatMap((alert) => alertSamples(alert, time));
  }

  /** The rule's own expression was asked already. */
  #query(rule: Rule, { samples }: RuleResult, time: number): InstantQuery {
    const { queries } = this.#parts;
    return async (expression) => (expression === rule.expr ? samples : (await queries.ask(expression, time)).samples);
  }

  /** With the times of the newest samples that they stand on, where these can be had. @param samples in the order of `held` */
  async #dated(one: RuleInUse, held: Held[], samples: readonly InstantSample[], time: number): Promise<Held[]> {
    if (one.eventTime === null) return held;
    try {
      const newest = new Map<string, number>();
      for (const { labels, value } of (await this.#parts.queries.ask(one.eventTime, time)).samples) {
        const key = nameless(labels);
        newest.set(key, Math.max(Math.round(value * 1000), newest.get(key) ?? 0));
      }
      return held.map((alert, i) => ({ ...alert, eventAt: newest.get(nameless(samples[i]!.labels)) ?? null }));
    } catch (error) {
      // The alert itself is more than when it began.
      this.#parts.figures.undated(error);
      return held;
    }
  }

  /** What a rule gave, and the end of what it gave before and does not give any more. */
  #take(rule: RuleInUse, samples: readonly OwnSample[], time: number, partial: boolean): void {
    const now = new Map<string, PageSeries>();
    for (const { series } of samples) now.set(JSON.stringify(series), series);
    const ended: OwnSample[] = [];
    for (const [key, series] of rule.before) {
      if (now.has(key)) continue;
      if (partial) now.set(key, series);
      else ended.push({ series, time, value: Number.NaN, stale: true });
    }
    rule.before = now;
    if (samples.length + ended.length === 0) return;
    this.#unwritten.push({ rule, samples: [...samples, ...ended] });
    for (const name of rule.names) this.#names.add(name);
  }

  /** @param seen waits until queries see it */
  async #write(seen: boolean): Promise<void> {
    const { writer, figures } = this.#parts;
    const unwritten = this.#unwritten;
    this.#unwritten = [];
    this.#names.clear();
    const samples = unwritten.flatMap((one) => one.samples);
    if (samples.length === 0) return;
    try {
      const { written, dropped } = await writer.write(samples);
      figures.written(written, dropped);
      if (seen) await writer.visible(samples);
    } catch (error) {
      figures.unwritten(samples.length);
      for (const { rule } of unwritten) this.#fail(rule, error);
    }
  }

  #fail(rule: RuleInUse, error: unknown): void {
    const { figures, onFailure } = this.#parts;
    const known = error instanceof Error ? error : new Error(String(error));
    const news = rule.fate.lastError !== known.message;
    rule.fate.health = 'err';
    rule.fate.lastError = known.message;
    figures.failed(rule.group, codeOf(error));
    // Said once: the next evaluation comes soon.
    if (news) onFailure(rule, known);
  }
}

function limitTo(limit: number, found: number, what: string): void {
  if (limit === 0 || found <= limit) return;
  throw new HeliographError('HG_RULE_LIMIT', `exceeded limit of ${limit} with ${found} ${what}`, { limit });
}

function codeOf(error: unknown): ErrorCode | 'unknown' {
  return error instanceof HeliographError ? error.code : 'unknown';
}

function* stillHeld(living: ReadonlyMap<string, Alert>, found: ReadonlySet<string>): Generator<Held> {
  for (const [fingerprint, { labels, annotations, value, eventAt, keptSince }] of living) {
    // One that only fires on does not hold, and is not made to.
    if (!found.has(fingerprint) && keptSince === null) yield { labels, annotations, value, eventAt };
  }
}
