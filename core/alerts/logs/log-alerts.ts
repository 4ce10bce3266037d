import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../../lib/clock.ts';
import { RulesFile } from '../../../lib/config/rules-file.ts';
import { HeliographError } from '../../../lib/errors.ts';
import type { Logger } from '../../../lib/log.ts';
import type { Counter, Registry } from '../../../lib/metrics.ts';
import type { LogStore } from '../../ports/log-store.ts';
import type { LogTail } from '../../tail/log-tail.ts';
import type { AlertMaker, Held } from '../alert.ts';
import type { AlertBook } from '../alert-book.ts';
import { FillBudget } from '../rules/template/budget.ts';
import type { LogAlertsConfig } from './config.ts';
import { foundAlert } from './found-alert.ts';
import { LineClock } from './line-clock.ts';
import type { LogRuleStore } from './log-rule-store.ts';
import { type LogRuleDefinition, loadLogRules } from './rule-file.ts';
import { RunningRule } from './running-rule.ts';

const KEEP_EVERY_MS = 10_000;
const RETRY_MS = 5000;
/** All templates of a rule together, at one look. */
const FILLING_MS = 5000;

export interface LogAlertsParts {
  readonly config: LogAlertsConfig;
  readonly store: LogRuleStore;
  readonly book: AlertBook;
  readonly logs: Pick<LogStore, 'search' | 'searchableAfterMs'>;
  readonly tail: LogTail;
  readonly clock: Clock;
  readonly log: Logger;
  readonly registry: Registry;
  readonly externalUrl: string;
}

/** What people see of a rule. */
export interface LogRuleView {
  readonly alert: string;
  readonly kind: 'count' | 'absent' | 'unseen';
  /** False: what was stored before the start is still being read. */
  readonly ready: boolean;
  readonly found: number;
  /** Lines that were not followed for want of room. */
  readonly over: number;
  readonly trouble: string | null;
}

/** Alerts on log lines: each rule looks at every line as it is stored. */
export class LogAlerts {
  readonly #parts: LogAlertsParts;
  readonly #file: RulesFile<LogRuleDefinition[]>;
  readonly #errors: Counter;
  readonly #times: LineClock;
  #rules = new Map<string, RunningRule>();
  readonly #troubles = new Map<string, string>();
  readonly #foundBy = new Map<string, number>();
  #stop: (() => void) | null = null;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;
  #looking: Promise<void> = Promise.resolve();
  #keptAt = 0;

  /** @throws HeliographError HG_CONFIG_* for a file that cannot be used */
  constructor(parts: LogAlertsParts & { readonly config: LogAlertsConfig & { readonly file: string } }) {
    this.#parts = parts;
    const { config, log, registry, book, clock } = parts;
    let newest = 0;
    for (const { source, heldAt } of book.all()) if (source === 'log') newest = Math.max(newest, heldAt);
    this.#times = new LineClock(clock, newest);
    this.#file = new RulesFile({
      ...{ file: config.file, read: loadLogRules, what: 'rules over log lines', log, metrics: registry },
      metric: 'heliograph_core_alerts_log_rules_refused',
    });
    this.#errors = registry.counter(
      'heliograph_core_alerts_log_rule_errors_total',
      'Times a rule over log lines could not be looked at, its alerts staying as they were, or a text of its alerts could not be filled in.',
    );
    registry
      .gauge(
        'heliograph_core_alerts_log_lines_over',
        'Lines that rules over log lines did not follow for want of room, by rule.',
      )
      .collect(() =>
        [...this.#rules.values()].map(({ definition, rule }) => [{ rule: definition.alert }, rule.over] as const),
      );
    this.#use(this.#file.load());
    this.#later();
  }

  view(): LogRuleView[] {
    return [...this.#rules].map(([id, { definition, ready, rule }]) => ({
      ...{ alert: definition.alert, ready, over: rule.over, found: this.#foundBy.get(id) ?? 0 },
      kind: definition.count ? 'count' : definition.absent ? 'absent' : 'unseen',
      trouble: this.#troubles.get(id) ?? null,
    }));
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#stop?.();
    await this.#looking;
    this.#keep();
  }

  #use(definitions: readonly LogRuleDefinition[]): void {
    const { config, store, tail } = this.#parts;
    const now = this.#times.now().steady;
    const rules = new Map<string, RunningRule>();
    for (const definition of definitions) {
      const known = this.#rules.get(definition.id);
      if (known) known.definition = definition;
      const rule = known ?? new RunningRule(definition, config, store.state(definition.id), now);
      rules.set(definition.id, rule);
      if (!known) void this.#catchUp(definition.id, rule);
    }
    this.#rules = rules;
    for (const id of this.#troubles.keys()) if (!rules.has(id)) this.#troubles.delete(id);
    this.#parts.book.keepMakers('log', new Set(rules.keys()), now);
    // Nothing is made of lines while nobody listens.
    if (rules.size > 0) {
      this.#stop ??= tail.listen((lines) => {
        const at = this.#times.now();
        for (const { line } of lines) for (const one of this.#rules.values()) one.stored(line, at);
      });
    } else {
      this.#stop?.();
      this.#stop = null;
    }
  }

  async #catchUp(id: string, rule: RunningRule): Promise<void> {
    const { logs, log } = this.#parts;
    const isOver = () => this.#closed || this.#rules.get(id) !== rule;
    // What was stored just now cannot be found yet, and was not told here either.
    await new Promise((resolve) => setTimeout(resolve, logs.searchableAfterMs));
    while (!isOver()) {
      try {
        await rule.catchUp(logs, () => this.#times.now(), isOver);
        this.#troubles.delete(id);
        return;
      } catch (error) {
        if (!this.#troubles.has(id)) {
          log.warn('a rule over log lines cannot read what was stored before; it is tried again', {
            rule: rule.definition.alert,
            'error.message': String(error),
          });
        }
        this.#troubles.set(id, String(error));
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  #later(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().finally(() => this.#later());
    }, this.#parts.config.every);
  }

  async #look(): Promise<void> {
    const changed = this.#file.changed();
    if (changed) this.#use(changed);
    const { book, clock } = this.#parts;
    for (const [id, running] of this.#rules) if (running.ready) await this.#lookAt(id, running);
    try {
      book.commit(this.#times.now().steady);
      if (Math.abs(clock.now() - this.#keptAt) >= KEEP_EVERY_MS) this.#keep();
    } catch (error) {
      this.#failed('the alerts', error);
    }
  }

  async #lookAt(id: string, running: RunningRule): Promise<void> {
    const { book, externalUrl, clock } = this.#parts;
    const { definition } = running;
    const now = this.#times.now();
    let unfilled: HeliographError | null = null;
    const surroundings = {
      ...{ now: now.wall, externalUrl },
      budget: new FillBudget(() => clock.mono(), setImmediate, FILLING_MS),
      onTemplateTrouble: (error: HeliographError) => {
        unfilled ??= error;
      },
    };
    try {
      const held: Held[] = [];
      for (const one of running.found(now)) held.push(await foundAlert(definition, one, surroundings));
      const { for: forMs, keep_firing_for: keepFiringForMs, alert: name } = definition;
      const maker: AlertMaker = { id, source: 'log', name, forMs, keepFiringForMs };
      book.hold(maker, held, now.steady);
      this.#foundBy.set(id, held.length);
      if (unfilled)
        this.#trouble(id, definition.alert, unfilled, 'a text of an alert on log lines cannot be filled in');
      else this.#troubles.delete(id);
    } catch (error) {
      this.#trouble(id, definition.alert, error);
    }
  }

  /** Counted each time, said once. */
  #trouble(id: string, rule: string, error: unknown, what?: string): void {
    if (!this.#troubles.has(id)) this.#failed(rule, error, what);
    else this.#errors.inc({ rule });
    this.#troubles.set(id, String(error));
  }

  #failed(rule: string, error: unknown, what = 'a rule over log lines failed; its alerts stay as they were'): void {
    if (!(error instanceof HeliographError)) throw error;
    this.#errors.inc({ rule });
    this.#parts.log.error(what, {
      rule,
      code: error.code,
      'error.message': error.message,
    });
  }

  /** @throws HeliographError HG_STORE_DISK */
  #keep(): void {
    const states = new Map<string, object>();
    for (const [id, { rule }] of this.#rules) {
      const state = rule.state();
      if (state !== null) states.set(id, state);
    }
    this.#parts.store.keep(states, new Set(this.#rules.keys()));
    this.#keptAt = this.#parts.clock.now();
  }
}
