import { setTimeout as wait } from 'node:timers/promises';
import { METRIC_NAME } from '../../../lib/promql/matcher.ts';
import { selectorText } from '../../../lib/promql/selector-text.ts';
import { type OwnSample, type OwnSamples, ownRows } from '../../own-samples.ts';
import type { MetricStore } from '../../ports/metric-store.ts';

/** Under whose name the core writes what rules give; no host can have it. */
export const RULES = '(rules)';
/** How long it is waited until queries see what was written, beyond what the store says it takes, and how often it is looked. */
const PATIENCE_MS = 3_000;
const LOOK_MS = 200;

/** Writes what rules give into the metric store, in the order of the rules. */
export class RuleWriter {
  readonly #samples: OwnSamples;
  readonly #metrics: Pick<MetricStore, 'query' | 'visibleAfterMs'>;
  readonly #boot: string;
  #sequence = 0;

  /** @param boot of this process; 16 hex digits by chance */
  constructor(samples: OwnSamples, metrics: Pick<MetricStore, 'query' | 'visibleAfterMs'>, boot: string) {
    this.#samples = samples;
    this.#metrics = metrics;
    this.#boot = `00000001${boot}`;
  }

  /** Resolves when they can be lost no more. @returns how many the store refused, by reason. @throws what the store throws */
  async write(samples: readonly OwnSample[]): Promise<{ written: number; dropped: Readonly<Record<string, number>> }> {
    const id = { host: RULES, boot: this.#boot, class: 'metric', sequence: ++this.#sequence } as const;
    const { written, dropped } = await this.#samples.take(id, ownRows(samples, true));
    return { written, dropped };
  }

  /** Resolves when queries see them: at once, where the store has no delay. */
  async visible(samples: readonly OwnSample[]): Promise<void> {
    const { visibleAfterMs } = this.#metrics;
    const sample = samples.findLast(({ stale }) => !stale);
    if (visibleAfterMs === 0 || !sample) return;
    const { name, labels } = sample.series;
    const matchers = [[METRIC_NAME, name] as const, ...labels].map(
      ([label, value]) => ({ name: label, operator: '=', value }) as const,
    );
    const options = { timeoutMs: PATIENCE_MS, maxSamples: 10_000, lookbackMs: 1 };
    await wait(visibleAfterMs);
    for (let waited = 0; waited < PATIENCE_MS; waited += LOOK_MS) {
      const { result } = await this.#metrics.query(selectorText(matchers), sample.time, options);
      if (result.length > 0) return;
      await wait(LOOK_MS);
    }
  }
}
