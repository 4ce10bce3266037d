import { compareSeries, type PageSeries } from '../proto/page.ts';
import type { Account } from './ledger/account.ts';
import { DOOR } from './ledger/door-totals.ts';
import type { FrameId, MetricFrame, PageRows } from './ports/frames.ts';
import type { FrameOutcome, MetricStore } from './ports/metric-store.ts';
import { markStale } from './promql/stale.ts';
import { keptPage } from './rollup/sketch-rows.ts';

const PAGE_SERIES = 256;

/** A sample that the core itself makes. */
export interface OwnSample {
  readonly series: PageSeries;
  /** ms since the epoch */
  readonly time: number;
  readonly value: number;
  /** The series ends here: in place of the value a staleness marker. */
  readonly stale?: boolean;
}

/** Samples as rows of pages. @param first of two samples of one series and time the first stands; else the last */
export function ownRows(samples: readonly OwnSample[], first = false): PageRows[] {
  const byTime = new Map<number, Map<string, OwnSample>>();
  for (const sample of samples) {
    const its = byTime.get(sample.time) ?? new Map<string, OwnSample>();
    byTime.set(sample.time, its);
    // A page has each series once.
    const key = JSON.stringify(sample.series);
    if (!first || !its.has(key)) its.set(key, sample);
  }
  const rows: PageRows[] = [];
  for (const [time, its] of byTime) {
    const sorted = [...its.values()].sort((a, b) => compareSeries(a.series, b.series));
    for (let from = 0; from < sorted.length; from += PAGE_SERIES) {
      const some = sorted.slice(from, from + PAGE_SERIES);
      const values = Float64Array.from(some, ({ value }) => value);
      for (const [i, { stale }] of some.entries()) if (stale) markStale(values, i);
      rows.push({
        page: keptPage(some.map(({ series }) => series)),
        times: Float64Array.of(time),
        values,
        present: null,
      });
    }
  }
  return rows;
}

/** Writes into the metric store what the core itself makes, with its account: it comes by no relay, as what comes by a door. */
export class OwnSamples {
  readonly #metrics: Pick<MetricStore, 'take'>;
  readonly #account: Pick<Account, 'take' | 'settle'>;
  readonly #now: () => number;

  constructor(metrics: Pick<MetricStore, 'take'>, account: Pick<Account, 'take' | 'settle'>, now: () => number) {
    this.#metrics = metrics;
    this.#account = account;
    this.#now = now;
  }

  /** Resolves when they can be lost no more. @throws what the store throws */
  async take(id: FrameId, rows: readonly PageRows[]): Promise<FrameOutcome> {
    const time = this.#now();
    const frame: MetricFrame = {
      id,
      ...{ relay: DOOR, created: time, received: time, skew: 0, lane: 'live', target: {}, rows },
    };
    const outcome = await this.#metrics.take(frame);
    this.#account.take(
      'metric',
      rows.reduce((sum, { values }) => sum + values.length, 0),
    );
    this.#account.settle('metric', outcome, true);
    return outcome;
  }
}
