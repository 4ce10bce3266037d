import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '../../../lib/log.ts';
import type { OwnSample } from '../../own-samples.ts';
import type { MetricQueries } from '../../ports/metric-store.ts';
import { Due } from './due.ts';
import { type RuleGroup, ruleName } from './file.ts';
import { freshSeries } from './fresh-series.ts';
import { GroupRun, type GroupRunParts } from './group-run.ts';
import type { RuleClock } from './rule-clock.ts';
import { fileOfMaker, type RuleInUse, rulesOf } from './rule-in-use.ts';

export interface RuleEvaluatorParts extends Omit<GroupRunParts, 'inForce' | 'onFailure' | 'keep'> {
  readonly metrics: Pick<MetricQueries, 'query'>;
  readonly clock: RuleClock;
  /** Of a group that states none. */
  readonly everyMs: number;
  /** Nothing is evaluated so soon after the start. */
  readonly startAfterMs: number;
  readonly concurrency: number;
  /** An evaluation is over: there may be something to do. */
  readonly onFree: () => void;
  /** What changed of the alerts is durable after it. @throws HeliographError HG_STORE_DISK */
  readonly commit: (alertTime: number) => void;
  readonly onMissed: (group: GroupInUse, missed: number) => void;
  readonly log: Logger;
}

/** How often the samples are asked which time they go by, while that is in doubt. */
const DECIDE_MS = 5_000;

/** A group of rules, and how it fares. */
export interface GroupInUse {
  readonly group: RuleGroup;
  readonly intervalMs: number;
  readonly rules: readonly RuleInUse[];
  readonly due: Due;
  /** ms since the epoch; null: not yet. */
  lastEvaluation: number | null;
  evaluationMs: number;
  running: boolean;
  /** The index of the rule that the next evaluation begins with: where the last one had no more time. */
  from: number;
}

/** Evaluates groups when they are due: several side by side, the rules of each in order. */
export class RuleEvaluator {
  readonly #parts: RuleEvaluatorParts;
  readonly #first: number;
  readonly #running = new Set<Promise<void>>();
  #groups: readonly GroupInUse[] = [];
  #deciding: Promise<void> | null = null;
  #decideDue = Number.NEGATIVE_INFINITY;
  #closed = false;
  /** Alerts could not be written the last time: it is said once. */
  #unwritten = false;

  constructor(parts: RuleEvaluatorParts) {
    this.#parts = parts;
    this.#first = parts.mono() + parts.startAfterMs;
  }

  get groups(): readonly GroupInUse[] {
    return this.#groups;
  }

  /**
   * Other rules from now on. Alerts of those that stay go on, those of others end.
   * @param silent files whose rules are not known because they cannot be read: nothing of theirs ends
   */
  setGroups(groups: readonly RuleGroup[], silent: ReadonlySet<string>): void {
    const { clock, everyMs, book } = this.#parts;
    const now = clock.now();
    const old = new Map(this.#groups.map((one) => [keyOf(one.group), one]));
    const oldRules = new Map(this.#groups.flatMap(({ rules }) => rules.map((rule) => [rule.id, rule])));
    this.#groups = groups.map((group) => {
      const key = keyOf(group);
      const before = old.get(key);
      if (before && isDeepStrictEqual(before.group, group)) {
        for (const { id } of before.rules) oldRules.delete(id);
        return before;
      }
      const intervalMs = group.intervalMs ?? everyMs;
      const rules = rulesOf(group, everyMs);
      for (const rule of rules) {
        rule.goOn(oldRules.get(rule.id), book);
        oldRules.delete(rule.id);
      }
      const due = before && before.intervalMs === intervalMs ? before.due : new Due(key, intervalMs, now);
      const { lastEvaluation = null, evaluationMs = 0 } = before ?? {};
      const running = before?.running ?? false;
      return { group, intervalMs, rules, due, lastEvaluation, evaluationMs, running, from: 0 };
    });
    const ids = new Set(this.#groups.flatMap(({ rules }) => rules.map(({ id }) => id)));
    for (const alert of book.all()) {
      if (alert.source === 'rule' && silent.has(fileOfMaker(alert.maker) ?? '')) ids.add(alert.maker);
    }
    book.keepMakers('rule', ids, clock.alertTime(now));
    this.#commit(now);
    void this.#end([...oldRules.values()], now);
  }

  /** Begins what is due. Called now and then; @returns ms until there may be something to do. */
  step(): number {
    const { clock, mono, concurrency } = this.#parts;
    if (clock.look()) this.#moveAll();
    if (clock.doubt && mono() >= this.#decideDue) {
      this.#decideDue = mono() + DECIDE_MS;
      this.#deciding ??= this.#decide().finally(() => {
        this.#deciding = null;
      });
    }
    if (this.#closed || mono() < this.#first) {
      // What was due meanwhile was not missed.
      this.#moveAll();
      return Math.max(0, this.#first - mono());
    }
    const now = clock.now();
    const due = this.#groups.filter((one) => !one.running && one.due.next <= now);
    for (const one of due.sort((a, b) => a.due.next - b.due.next)) {
      if (this.#running.size >= concurrency) break;
      const running = this.#evaluate(one, now).finally(() => {
        this.#running.delete(running);
        // Its next time may have come meanwhile, or that of one that waited for a place.
        if (!this.#closed) this.#parts.onFree();
      });
      this.#running.add(running);
    }
    const waiting = this.#running.size >= concurrency ? [] : this.#groups;
    const next = waiting.map((one) => one.due.next - now).filter((ms, i) => ms > 0 || !waiting[i]!.running);
    return Math.max(0, Math.min(...next));
  }

  /** Resolves when what is under way is done. */
  async idle(): Promise<void> {
    while (this.#running.size > 0 || this.#deciding) await Promise.all([...this.#running, this.#deciding]);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.idle();
  }

  async #evaluate(one: GroupInUse, now: number): Promise<void> {
    const { clock, mono, figures, log } = this.#parts;
    const taken = one.due.take(now);
    if (taken === null) return;
    const { time, missed } = taken;
    if (missed > 0) this.#missed(one, missed, 0);
    one.running = true;
    const started = mono();
    one.lastEvaluation = this.#parts.now();
    try {
      const parts = {
        ...{ ...this.#parts, inForce: (rule: RuleInUse) => this.#inForce(one, rule), onFailure: say(log) },
        keep: () => this.#commit(time),
      };
      const run = new GroupRun(parts, { time, alertTime: clock.alertTime(time) });
      // One that is slow holds its place for an interval at most: others wait for it.
      const evaluated = await run.run(one.rules, one.from, one.intervalMs);
      const left = one.rules.length - evaluated;
      one.from = left === 0 ? 0 : (one.from + evaluated) % one.rules.length;
      if (left > 0) this.#missed(one, 1, left);
    } finally {
      one.evaluationMs = mono() - started;
      figures.group(one.evaluationMs, now - time);
      one.running = false;
      // The group as it is now, where its file changed meanwhile.
      const key = keyOf(one.group);
      for (const other of this.#groups) if (keyOf(other.group) === key) other.running = false;
    }
  }

  /** @param rulesLeft of an evaluation that was not made whole */
  #missed(one: GroupInUse, missed: number, rulesLeft: number): void {
    const { figures, onMissed, log } = this.#parts;
    const { file, name: group } = one.group;
    figures.missed(one.group, missed);
    onMissed(one, missed);
    log.warn('evaluations of a group of rules were missed', { file, group, missed, rulesLeft });
  }

  #inForce(group: GroupInUse, rule: RuleInUse): boolean {
    return !this.#closed && this.#groups.includes(group) && group.rules.includes(rule);
  }

  #commit(time: number): void {
    const { commit, clock, log } = this.#parts;
    try {
      commit(clock.alertTime(time));
      this.#unwritten = false;
    } catch (error) {
      // What was not written is written the next time.
      if (this.#unwritten) return;
      this.#unwritten = true;
      log.error('alerts cannot be written down; trying again', { 'error.message': String(error) });
    }
  }

  /** Rules that are no more: their series end. */
  async #end(rules: readonly RuleInUse[], time: number): Promise<void> {
    const { writer, figures } = this.#parts;
    const samples = rules.flatMap(({ before }) =>
      [...before.values()].map((series): OwnSample => ({ series, time, value: Number.NaN, stale: true })),
    );
    if (samples.length === 0) return;
    try {
      await writer.write(samples);
    } catch {
      // They end all the same, by the look-back.
      figures.unwritten(samples.length);
    }
  }

  /** The clock stepped: which time do the samples go by? */
  async #decide(): Promise<void> {
    const { clock, metrics, timeoutMs, log } = this.#parts;
    const { doubt } = clock;
    if (!doubt) return;
    const selectors = this.#groups.flatMap(({ rules }) => rules.flatMap((rule) => rule.selectors));
    try {
      const [before, now] = await Promise.all([
        freshSeries(metrics, selectors, doubt.before, timeoutMs),
        freshSeries(metrics, selectors, doubt.now, timeoutMs),
      ]);
      if (!clock.decide({ before, now })) return;
      log.warn('the clock of the core stepped, and the samples go by it: rules are evaluated at its time from now on', {
        stepMs: doubt.now - doubt.before,
      });
      this.#moveAll();
    } catch (error) {
      // A store that says nothing is no reason to believe the clock.
      log.warn('the clock of the core stepped, and the metric store does not tell what the samples go by', {
        stepMs: doubt.now - doubt.before,
        'error.message': String(error),
      });
    }
  }

  #moveAll(): void {
    const now = this.#parts.clock.now();
    for (const { due } of this.#groups) due.moveTo(now);
  }
}

function keyOf({ file, name }: RuleGroup): string {
  return `${file}\n${name}`;
}

function say(log: Logger): GroupRunParts['onFailure'] {
  return ({ rule, group }, error) =>
    log.error('a rule failed; its alerts stay as they are, and the others go on', {
      file: group.file,
      line: rule.line,
      group: group.name,
      rule: ruleName(rule),
      'error.message': error.message,
    });
}
