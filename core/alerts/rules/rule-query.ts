import { HeliographError } from '../../../lib/errors.ts';
import type { MetricStore, QueryData, QueryOptions } from '../../ports/metric-store.ts';
import { type InstantSample, samplesOf } from './evaluate-rule.ts';

/** What a rule's expression gives at a time. */
export interface RuleResult {
  readonly samples: readonly InstantSample[];
  /** The engine says that a part of it did not answer: what is not there may be. */
  readonly partial: boolean;
}

export interface RuleQueryOptions {
  readonly timeoutMs: number;
  readonly maxSamples: number;
  readonly lookbackMs: number;
  /** Series an answer may have. */
  readonly maxSeries: number;
}

/** Asks the metric store what rules want to know, before people's queries. */
export class RuleQueries {
  readonly #metrics: Pick<MetricStore, 'answer'>;
  readonly #options: QueryOptions;
  readonly #maxSeries: number;

  constructor(metrics: Pick<MetricStore, 'answer'>, { maxSeries, ...options }: RuleQueryOptions) {
    this.#metrics = metrics;
    this.#options = { ...options, urgent: true };
    this.#maxSeries = maxSeries;
  }

  /** @param time ms since the epoch @throws HeliographError HG_RULE_LIMIT, HG_QUERY_TYPE, and what the store throws */
  async ask(expression: string, time: number): Promise<RuleResult> {
    const { json, cut, partial = false } = await this.#metrics.answer(expression, time, this.#options, this.#maxSeries);
    if (cut) {
      throw new HeliographError('HG_RULE_LIMIT', `more than ${this.#maxSeries} series (alerts.rules.maxSeries)`, {
        limit: this.#maxSeries,
      });
    }
    const data = JSON.parse(new TextDecoder().decode(json)) as QueryData;
    return { samples: samplesOf(data), partial };
  }
}
