import { createHash } from 'node:crypto';
import { compareSeries } from '../../proto/page.ts';
import type { Account } from '../ledger/account.ts';
import { DOOR } from '../ledger/door-totals.ts';
import type { MetricFrame, PageRows } from '../ports/frames.ts';
import type { MetricStore } from '../ports/metric-store.ts';
import { keyedBoot } from '../seen/keyed-boot.ts';
import type { MergedSample } from './results.ts';
import { keptPage } from './sketch-rows.ts';

/** Under whose name the core writes what it merged; no host can have it. */
export const ROLLUP = '(rollup)';
const PAGE_SERIES = 256;

/** Writes what windows came to into the metric store. */
export class MergedWriter {
  readonly #metrics: Pick<MetricStore, 'take'>;
  readonly #account: Pick<Account, 'take' | 'settle'>;
  readonly #now: () => number;

  constructor(metrics: Pick<MetricStore, 'take'>, account: Pick<Account, 'take' | 'settle'>, now: () => number) {
    this.#metrics = metrics;
    this.#account = account;
    this.#now = now;
  }

  /** Resolves when they can be lost no more. The same samples again are known as such. @throws what the store throws */
  async write(samples: readonly MergedSample[]): Promise<void> {
    const rows = rowsOf(samples);
    const hash = createHash('sha256');
    for (const { page, times, values } of rows) hash.update(page.hash).update(times).update(values);
    const time = this.#now();
    const frame: MetricFrame = {
      id: { host: ROLLUP, boot: keyedBoot(ROLLUP, hash.digest('hex')), class: 'metric', sequence: 1 },
      ...{ relay: DOOR, created: time, received: time, skew: 0, lane: 'live', target: {}, rows },
    };
    const outcome = await this.#metrics.take(frame);
    // They came by no relay, as what comes by a door.
    this.#account.take(
      'metric',
      rows.reduce((sum, { values }) => sum + values.length, 0),
    );
    this.#account.settle('metric', outcome, true);
  }
}

function rowsOf(samples: readonly MergedSample[]): PageRows[] {
  const byTime = new Map<number, Map<string, MergedSample>>();
  for (const sample of samples) {
    const its = byTime.get(sample.time) ?? new Map<string, MergedSample>();
    byTime.set(sample.time, its);
    // Two rules may call what they make the same: a page has each series once.
    its.set(JSON.stringify(sample.series), sample);
  }
  const rows: PageRows[] = [];
  for (const [time, its] of byTime) {
    const sorted = [...its.values()].sort((a, b) => compareSeries(a.series, b.series));
    for (let from = 0; from < sorted.length; from += PAGE_SERIES) {
      const some = sorted.slice(from, from + PAGE_SERIES);
      rows.push({
        page: keptPage(some.map(({ series }) => series)),
        times: Float64Array.of(time),
        values: Float64Array.from(some, ({ value }) => value),
        present: null,
      });
    }
  }
  return rows;
}
