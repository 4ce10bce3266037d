import { HeliographError } from '../../../lib/errors.ts';
import type { MetricStore, QueryData, QueryOptions } from '../../ports/metric-store.ts';

export interface RuleSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** As Prometheus prints it. */
  readonly text: string;
}

/** What a rule's expression gives at a time. */
export interface RuleResult {
  readonly samples: readonly RuleSample[];
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

  /** @param time ms since the epoch @throws HeliographError HG_RULE_LIMIT, HG_RULE_RESULT, and what the store throws */
  async ask(expression: string, time: number): Promise<RuleResult> {
    const { json, cut, partial = false } = await this.#metrics.answer(expression, time, this.#options, this.#maxSeries);
    if (cut) {
      throw new HeliographError('HG_RULE_LIMIT', `more than ${this.#maxSeries} series (alerts.rules.maxSeries)`, {
        limit: this.#maxSeries,
      });
    }
    const data = JSON.parse(new TextDecoder().decode(json)) as QueryData;
    if (data.resultType === 'scalar') return { samples: [sampleOf({}, data.result[1])], partial };
    if (data.resultType !== 'vector') {
      throw new HeliographError('HG_RULE_RESULT', `the expression gives a ${data.resultType}`);
    }
    return { samples: data.result.map(({ metric, value }) => sampleOf(metric, value[1])), partial };
  }
}

const WORDS: Readonly<Record<string, number>> = { '+Inf': Number.POSITIVE_INFINITY, '-Inf': Number.NEGATIVE_INFINITY };

function sampleOf(labels: Readonly<Record<string, string>>, text: string): RuleSample {
  return { labels, text, value: WORDS[text] ?? Number(text) };
}
