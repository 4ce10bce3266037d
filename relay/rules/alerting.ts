import { evaluateInstant } from '../../core/promql/evaluate.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import type { AlertBook } from './alert-book.ts';
import type { HandOver } from './hand-over.ts';
import type { KnownHosts } from './known-hosts.ts';
import type { Notifier } from './notifier.ts';
import type { RecentSamples } from './recent-samples.ts';
import type { AlertingRule } from './rules.ts';
import type { SampleReader } from './sample-reader.ts';
import type { StateFile } from './state-file.ts';

/** Of one evaluation: a rule must not keep the relay from its hosts. */
const TIMEOUT_MS = 1000;
const MOST_SAMPLES = 5_000_000;
/** When each host was seen last is written so often, ms. */
const SAVE_MS = 60_000;
/** Pieces of the journal that are read in one round. */
const MOST_READS = 64;
/** How often it is looked who is connected, and which series have ended, ms. */
const LOOK_MS = 500;
const FORGET_MS = 10_000;
/** An end that nobody took for so long is given up, ms. */
const GIVE_UP_MS = 86_400_000;

export interface AlertingParts {
  readonly samples: RecentSamples;
  readonly reader: SampleReader;
  readonly hosts: KnownHosts;
  readonly book: AlertBook;
  readonly handOver: HandOver;
  readonly notifiers: readonly Notifier[];
  readonly state: StateFile;
  readonly clock: Clock;
  readonly everyMs: number;
  readonly lookbackMs: number;
  /** Whether it is known where hosts are: before that nothing is evaluated. */
  readonly ready: () => boolean;
  /** No rule is evaluated so soon after the start, or after it came, ms: hosts have to come back and to send first. */
  readonly graceMs: number;
  readonly log: Logger;
}

/** A rule, and how it fares. */
interface RuleInUse {
  readonly rule: AlertingRule;
  due: number;
  errors: number;
  trouble: string | null;
}

/** What goes round: reads what passed, evaluates what is due, decides who notifies, keeps the state, and notifies. */
export class Alerting {
  readonly #parts: AlertingParts;
  #rules: readonly RuleInUse[] = [];
  #dirty = false;
  #saved: number;
  #lookDue = Number.NEGATIVE_INFINITY;
  #forgetDue = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | null = null;
  readonly counts = { evaluations: 0, errors: 0, givenUp: 0 };

  constructor(parts: AlertingParts) {
    this.#parts = parts;
    this.#saved = parts.clock.mono();
  }

  get rules(): readonly RuleInUse[] {
    return this.#rules;
  }

  /** What must be kept changed. */
  touch(): void {
    this.#dirty = true;
  }

  async restore(): Promise<void> {
    const { alerts, hosts } = await this.#parts.state.read();
    this.#parts.book.restore(alerts);
    this.#parts.hosts.restore(hosts);
  }

  /** Other rules from now on: alerts of those that stay go on, those of others end. */
  setRules(rules: readonly AlertingRule[]): void {
    const { samples, book, clock, graceMs } = this.#parts;
    samples.setRules(rules);
    const before = new Map(this.#rules.map((one) => [one.rule.id, one]));
    const first = clock.mono() + graceMs;
    this.#rules = rules.map((rule) => ({
      rule,
      due: before.get(rule.id)?.due ?? first,
      errors: before.get(rule.id)?.errors ?? 0,
      trouble: before.get(rule.id)?.trouble ?? null,
    }));
    book.keepRules(new Set(rules.map(({ id }) => id)), clock.now());
    this.#dirty = true;
  }

  /** One round. Called now and then; while the round before is not over it is waited for, and there is no other. */
  step(): Promise<void> {
    this.#running ??= this.#round()
      .catch((error) => this.#parts.log.error('rules do not come on; trying again', { error: String(error) }))
      .finally(() => {
        this.#running = null;
      });
    return this.#running;
  }

  /** Waits for what is under way, and writes the state. */
  async close(): Promise<void> {
    await this.#running;
    for (const notifier of this.#parts.notifiers) await notifier.close();
    await this.#save();
  }

  async #round(): Promise<void> {
    const { reader, hosts, samples, book, handOver, notifiers, clock, ready } = this.#parts;
    for (let reads = 0; reads < MOST_READS && (await reader.step()); reads++);
    const now = clock.now();
    const mono = clock.mono();
    if (mono >= this.#lookDue && ready()) {
      this.#lookDue = mono + LOOK_MS;
      if (hosts.look(now)) this.#dirty = true;
    }
    if (mono >= this.#forgetDue) {
      this.#forgetDue = mono + FORGET_MS;
      samples.forget(now);
    }
    if (ready()) for (const one of this.#rules) if (mono >= one.due) this.#evaluate(one, now, mono);
    for (const alert of book.all()) {
      handOver.step(alert, now, mono);
      if (alert.state !== 'resolved' || alert.told !== 'resolved') continue;
      const heard = alert.owner !== 'relay' || (alert.ownerTold && notifiers.every((notifier) => notifier.done(alert)));
      const old = now - alert.resolvedAt! > GIVE_UP_MS;
      if (!heard && !old) continue;
      if (!heard) this.counts.givenUp++;
      book.remove(alert);
      this.#dirty = true;
    }
    if (this.#dirty || mono - this.#saved >= SAVE_MS) await this.#save();
    // Only now: who owns an alert is on disk, and no crash makes it somebody else's. A disk that refuses is no reason to be silent.
    const own = [...book.all()].filter(({ owner }) => owner === 'relay');
    for (const notifier of notifiers) notifier.step(own, now, mono);
  }

  #evaluate(one: RuleInUse, now: number, mono: number): void {
    const { samples, book, clock, everyMs, lookbackMs, log } = this.#parts;
    const { rule } = one;
    one.due = mono + (rule.interval ?? everyMs);
    this.counts.evaluations++;
    try {
      const options = { timeoutMs: TIMEOUT_MS, maxSamples: MOST_SAMPLES, lookbackMs };
      const answer = evaluateInstant(rule.expr.text, Math.round(now), samples, options, clock);
      const found = answer.resultType === 'vector' ? answer.result : [];
      const held = found.map(({ metric, value }) => ({ metric, value: value[1] }));
      if (book.hold(rule, held, now)) this.#dirty = true;
      one.trouble = null;
    } catch (error) {
      one.errors++;
      this.counts.errors++;
      one.trouble = error instanceof Error ? error.message : String(error);
      log.error('a rule failed; its alerts stay as they are, and the others go on', {
        group: rule.group,
        alert: rule.alert,
        error: one.trouble,
      });
    }
  }

  async #save(): Promise<void> {
    const { book, hosts, state, clock, log } = this.#parts;
    // What changes while it is written is written the next time.
    this.#dirty = false;
    try {
      await state.write({ alerts: [...book.all()], hosts: hosts.toData() });
      this.#saved = clock.mono();
    } catch (error) {
      this.#dirty = true;
      log.error('the state of rules is not written; trying again', { error: String(error) });
    }
  }
}
