import type { AlertMaker, Held } from '../alert.ts';
import type { AlertBook } from '../alert-book.ts';
import { groupName } from './figures.ts';
import type { GroupInUse } from './rule-evaluator.ts';

/** How long it is told that evaluations were missed, and how long a rule must fail before that is. */
const TOLD_MS = 300_000;
const FAILS_FOR_MS = 300_000;

function maker(name: string, forMs: number): AlertMaker {
  return { id: `own ${name}`, source: 'own', name, forMs, keepFiringForMs: 0 };
}

const MISSED = maker('HeliographRuleEvaluationsMissed', 0);
const FAILS = maker('HeliographRulesFail', FAILS_FOR_MS);
const REFUSED = maker('HeliographRuleFileRefused', 0);

/** Alerts about the rules themselves: evaluations that were missed, rules that fail, files that cannot be used. */
export class RuleOwnAlerts {
  readonly #book: AlertBook;
  readonly #mono: () => number;
  /** By group: when it was last, and how many in the time that is told of. */
  readonly #missed = new Map<string, { at: number; missed: number }>();

  constructor(book: AlertBook, mono: () => number) {
    this.#book = book;
    this.#mono = mono;
  }

  missed({ group }: Pick<GroupInUse, 'group'>, missed: number): void {
    const name = groupName(group);
    this.#missed.set(name, { at: this.#mono(), missed: (this.#missed.get(name)?.missed ?? 0) + missed });
  }

  /** Called now and then. @param alertTime what alerts are judged by, ms since the epoch */
  hold(groups: readonly GroupInUse[], trouble: ReadonlyMap<string, string>, alertTime: number): void {
    for (const [name, { at }] of this.#missed) if (this.#mono() - at > TOLD_MS) this.#missed.delete(name);
    const missed = [...this.#missed].map(([name, { missed: count }]) =>
      held(
        MISSED,
        { rule_group: name },
        count,
        `${count} evaluations of the rules of ${name} were missed: the core or its metric store is too slow for them`,
      ),
    );
    const failing = groups.flatMap((one) => {
      const bad = one.rules.filter(({ fate }) => fate.health === 'err');
      if (bad.length === 0) return [];
      const name = groupName(one.group);
      const first = bad[0]!;
      const words = `${bad.length} of ${one.rules.length} rules of ${name} fail, their alerts stay as they were; line ${first.rule.line}: ${first.fate.lastError}`;
      return [held(FAILS, { rule_group: name }, bad.length, words)];
    });
    const refused = [...trouble].map(([file, why]) =>
      held(REFUSED, { file }, 1, `${file} cannot be used; the rules it had stay: ${why}`),
    );
    this.#book.hold(MISSED, missed, alertTime);
    this.#book.hold(FAILS, failing, alertTime);
    this.#book.hold(REFUSED, refused, alertTime);
  }
}

function held({ name }: AlertMaker, labels: Record<string, string>, value: number, summary: string): Held {
  return {
    labels: { alertname: name, severity: 'warning', ...labels },
    annotations: { summary: summary.slice(0, 2_000) },
    value: String(value),
    eventAt: null,
  };
}
