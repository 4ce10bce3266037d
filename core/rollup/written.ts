import { ROLLED_INSTANCE } from '../../proto/page.ts';
import type { MetricQueries } from '../ports/metric-store.ts';
import type { SketchRecord } from './record.ts';
import { markName } from './results.ts';

/** What was asked is kept so long, ms: sketches of many groups of one window come together. */
const KEPT_MS = 10_000;
const MOST_ANSWERS = 1_000;
const QUERY = { timeoutMs: 30_000, maxSamples: 10_000_000, lookbackMs: 1 };

/** Knows which windows were written before this process remembers: the metric store has their values. */
export class WrittenWindows {
  readonly #metrics: Pick<MetricQueries, 'query'>;
  readonly #now: () => number;
  readonly #answers = new Map<string, { readonly at: number; readonly groups: Promise<ReadonlySet<string>> }>();

  constructor(metrics: Pick<MetricQueries, 'query'>, now: () => number) {
    this.#metrics = metrics;
    this.#now = now;
  }

  /** @throws what the store throws while it does not answer */
  async has({ window, group }: SketchRecord): Promise<boolean> {
    const name = markName(group.series.name, window);
    const question = `${window.end} ${name}`;
    const there = this.#answers.get(question);
    const now = this.#now();
    if (there && now - there.at < KEPT_MS) return (await there.groups).has(textOf(group.series.labels));
    const groups = this.#ask(name, window.end);
    this.#answers.delete(question);
    this.#answers.set(question, { at: now, groups });
    if (this.#answers.size > MOST_ANSWERS) this.#answers.delete(this.#answers.keys().next().value!);
    try {
      return (await groups).has(textOf(group.series.labels));
    } catch (error) {
      this.#answers.delete(question);
      throw error;
    }
  }

  /** The groups that have a value there. What relays write themselves has their names on it. */
  async #ask(name: string, end: number): Promise<ReadonlySet<string>> {
    const selector = `{__name__=${JSON.stringify(name)}, relay="", site=""}`;
    const found = await this.#metrics.query(selector, end, QUERY);
    const vector = found.resultType === 'vector' ? found.result : [];
    return new Set(vector.map(({ metric }) => textOf(Object.entries(metric))));
  }
}

/** Equal for the same group: without its name, and without what outputs have of their own. */
function textOf(labels: readonly (readonly [string, string])[]): string {
  const own = labels
    .filter(([name]) => name !== '__name__' && name !== 'quantile' && name !== 'le')
    .map(([name, value]) => [name === ROLLED_INSTANCE ? 'instance' : name, value] as const);
  return JSON.stringify(own.sort((a, b) => (a[0] < b[0] ? -1 : 1)));
}
