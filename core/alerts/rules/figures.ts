import { type ErrorCode, HeliographError } from '../../../lib/errors.ts';
import { type Counter, type Histogram, LATENCY_BOUNDS, type Registry } from '../../../lib/metrics.ts';
import type { RuleGroup } from './file.ts';

/** A group in a label, as Prometheus names it. */
export function groupName({ file, name }: Pick<RuleGroup, 'file' | 'name'>): string {
  return `${file};${name}`;
}

/** What rules count, under heliograph_core_rules_*. */
export class RuleFigures {
  readonly #evaluations: Counter;
  readonly #failures: Counter;
  readonly #missed: Counter;
  readonly #partial: Counter;
  readonly #samples: Counter;
  readonly #templates: Counter;
  readonly #undated: Counter;
  readonly #seconds: Histogram;
  readonly #groupSeconds: Histogram;
  readonly #late: Histogram;

  constructor(registry: Registry) {
    const counter = (name: string, help: string) => registry.counter(`heliograph_core_rules_${name}_total`, help);
    const histogram = (name: string, help: string) =>
      registry.histogram(`heliograph_core_rules_${name}_seconds`, help, LATENCY_BOUNDS);
    this.#evaluations = counter('evaluations', 'Evaluations of rules, by group.');
    this.#failures = counter(
      'failures',
      'Evaluations of rules that failed, by group and code; their alerts stay as they were.',
    );
    this.#missed = counter('missed', 'Evaluations of groups that were due and not made, by group.');
    this.#partial = counter(
      'partial',
      'Evaluations of rules to which a part of the metric store did not answer, by group.',
    );
    this.#samples = counter('samples', 'Samples of recording rules and of ALERTS, by fate.');
    this.#templates = counter('template_errors', 'Labels and annotations whose template failed.');
    this.#undated = counter(
      'undated',
      'Alerts that began without anybody knowing when what they tell of happened, because the store did not say, by code.',
    );
    this.#seconds = histogram('evaluation', 'How long a rule took, from its query to its alerts.');
    this.#groupSeconds = histogram('group', 'How long a group took.');
    this.#late = histogram('late', 'How much after the instant that it is for an evaluation of a group began.');
  }

  evaluated(group: RuleGroup, ms: number): void {
    this.#evaluations.inc({ rule_group: groupName(group) });
    this.#seconds.observe({}, ms / 1000);
  }

  failed(group: RuleGroup, code: ErrorCode | 'unknown'): void {
    this.#failures.inc({ rule_group: groupName(group), code });
  }

  missed(group: RuleGroup, evaluations: number): void {
    this.#missed.inc({ rule_group: groupName(group) }, evaluations);
  }

  partial(group: RuleGroup): void {
    this.#partial.inc({ rule_group: groupName(group) });
  }

  group(ms: number, lateMs: number): void {
    this.#groupSeconds.observe({}, ms / 1000);
    this.#late.observe({}, Math.max(0, lateMs) / 1000);
  }

  written(samples: number, dropped: Readonly<Record<string, number>>): void {
    if (samples > 0) this.#samples.inc({ fate: 'written' }, samples);
    for (const [reason, count] of Object.entries(dropped)) this.#samples.inc({ fate: reason }, count);
  }

  unwritten(samples: number): void {
    this.#samples.inc({ fate: 'not_taken' }, samples);
  }

  template(): void {
    this.#templates.inc();
  }

  undated(error: unknown): void {
    this.#undated.inc({ code: error instanceof HeliographError ? error.code : 'unknown' });
  }
}
