import type { ErrorCode } from '../../lib/errors.ts';
import type { MetricQueries } from '../ports/metric-store.ts';
import { groupLabels, ownSelector } from './group-labels.ts';
import type { SketchRecord } from './record.ts';
import { refusedQuery } from './refused-query.ts';
import { markName } from './results.ts';

/** What was asked is kept so long, ms: sketches of many groups of one window come together. */
const KEPT_MS = 10_000;
const MOST_ANSWERS = 1_000;
/** Labels that outputs have of their own. */
const OF_OUTPUTS = ['quantile', 'le'];
const QUERY = { timeoutMs: 30_000, maxSamples: 10_000_000, lookbackMs: 1 };

/** Null: the store refuses the question. What is not known must not be written over, so that all of it counts as written. */
type Groups = ReadonlySet<string> | null;

/** Knows which windows were written before this process remembers: the metric store has their values. */
export class WrittenWindows {
  readonly #metrics: Pick<MetricQueries, 'query'>;
  readonly #now: () => number;
  /** Told of questions that have no answer. */
  readonly #unanswered: (code: ErrorCode) => void;
  readonly #answers = new Map<string, { readonly at: number; readonly groups: Promise<Groups> }>();

  constructor(metrics: Pick<MetricQueries, 'query'>, now: () => number, unanswered: (code: ErrorCode) => void) {
    this.#metrics = metrics;
    this.#now = now;
    this.#unanswered = unanswered;
  }

  /** @throws what the store throws while it does not answer */
  async has({ window, group, relay, site }: SketchRecord): Promise<boolean> {
    const name = markName(group.series.name, window);
    const own = ownSelector(window.own ? { relay, site } : null);
    const question = `${window.end} ${name} ${own}`;
    const there = this.#answers.get(question);
    const now = this.#now();
    const has = (found: Groups) => found?.has(groupLabels(group.series.labels, OF_OUTPUTS)) ?? true;
    if (there && now - there.at < KEPT_MS) return has(await there.groups);
    const groups = this.#ask(`{__name__=${JSON.stringify(name)}, ${own}}`, window.end);
    this.#answers.delete(question);
    this.#answers.set(question, { at: now, groups });
    if (this.#answers.size > MOST_ANSWERS) this.#answers.delete(this.#answers.keys().next().value!);
    try {
      return has(await groups);
    } catch (error) {
      this.#answers.delete(question);
      throw error;
    }
  }

  /** The groups that have a value there. What is one relay's has its name on it. */
  async #ask(selector: string, end: number): Promise<Groups> {
    try {
      const found = await this.#metrics.query(selector, end, QUERY);
      const vector = found.resultType === 'vector' ? found.result : [];
      return new Set(vector.map(({ metric }) => groupLabels(Object.entries(metric), OF_OUTPUTS)));
    } catch (error) {
      const code = refusedQuery(error);
      if (code === null) throw error;
      this.#unanswered(code);
      return null;
    }
  }
}
