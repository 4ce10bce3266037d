import type { Batch, Label, SeriesItem } from '../../../lib/ingest/batch.ts';
import type { Counter } from '../../../lib/metrics.ts';
import { SeriesCap } from '../../../lib/stages/series-cap.ts';
import { checkSeries, SERIES_LIMITS } from '../../../lib/stages/series-check.ts';
import { badTime, type TimeLimits } from '../../../lib/stages/time-check.ts';
import type { PageRows } from '../../ports/frames.ts';
import { type AdmittedSeries, SeriesPages, type Slot } from './series-pages.ts';

export interface MetricIntakeOptions {
  readonly times: TimeLimits;
  /** Covers secrets in a label's value. */
  readonly mask: (text: string) => string;
  readonly maxSeries: number;
  /** Samples over the cap, by label `metric`. */
  readonly overCap: Counter;
}

/** Metric names that are counted one by one when their series are over the cap; the others together. */
const NAMES_COUNTED = 500;
const CLIENTS = 10_000;

/** The stages between a door and the metric store: labels, secrets, series cap, times. What is refused is told item by item. */
export class MetricIntake {
  readonly #options: MetricIntakeOptions;
  readonly #pages = new SeriesPages();
  readonly #caps = new Map<string, SeriesCap>();
  readonly #counted = new Set<string>();

  constructor(options: MetricIntakeOptions) {
    this.#options = options;
  }

  /** The rows of a frame with what passed; the rest stands in `batch.rejected`. */
  rows(client: string, batch: Batch, now: number): { rows: PageRows[]; samples: number } {
    const cap = this.#cap(client, now);
    const admitted: AdmittedSeries[] = [];
    const taken = new Map<Slot, Map<number, number>>();
    let samples = 0;
    for (const item of batch.series) {
      const slot = this.#slot(item, batch, cap, now);
      if (slot === null) continue;
      const seen = this.#seen(taken, slot, item, batch);
      for (const [from, to] of this.#runs(item, batch, seen, now)) {
        admitted.push({ slot, from, to });
        samples += to - from;
      }
    }
    return { rows: this.#pages.rows(admitted, batch.samples), samples };
  }

  #slot(item: SeriesItem, batch: Batch, cap: SeriesCap, now: number): Slot | null {
    const { name, labels, index } = item;
    const count = item.to - item.from;
    const key = keyOf(name, labels);
    let slot = this.#pages.slot(key);
    if (slot === undefined) {
      const checked = checkSeries(name, labels, SERIES_LIMITS);
      if (checked.code !== null) {
        batch.reject('metric', index, checked.code, checked.message, count);
        return null;
      }
      if (!cap.admit(key, now)) return this.#over(item, batch);
      const { mask } = this.#options;
      slot = this.#pages.enter(
        key,
        name,
        checked.labels.map(([label, value]) => [label, mask(value)] as const),
      );
      return slot;
    }
    return cap.admit(key, now) ? slot : this.#over(item, batch);
  }

  #over({ name, index, from, to }: SeriesItem, batch: Batch): null {
    batch.reject('metric', index, 'HG_ITEM_SERIES_CAP', `a new series of ${name.slice(0, 100)}`, to - from);
    if (this.#counted.size < NAMES_COUNTED) this.#counted.add(name);
    this.#options.overCap.inc({ metric: this.#counted.has(name) ? name : 'others' }, to - from);
    return null;
  }

  /** Where a series comes more than once in a request: the times it had, with the place of their values. */
  #seen(taken: Map<Slot, Map<number, number>>, slot: Slot, item: SeriesItem, batch: Batch): Map<number, number> | null {
    const before = taken.get(slot);
    if (before !== undefined) return before;
    const times = new Map<number, number>();
    taken.set(slot, times);
    // One sample of a series that was not there yet is by far the most frequent case.
    if (item.to - item.from === 1) {
      times.set(batch.samples.times[item.from]!, item.from);
      return null;
    }
    return times;
  }

  /** The stretches of an item's samples that are taken. */
  #runs(item: SeriesItem, batch: Batch, seen: Map<number, number> | null, now: number): [number, number][] {
    const { samples } = batch;
    const runs: [number, number][] = [];
    let from = item.from;
    let told = false;
    let refused = 0;
    let why: readonly ['HG_ITEM_TIME' | 'HG_ITEM_DUPLICATE', string] = ['HG_ITEM_TIME', ''];
    for (let at = item.from; at < item.to; at++) {
      const time = samples.times[at]!;
      const bad = badTime(time, now, this.#options.times);
      const other = seen?.get(time);
      let takes = bad === null;
      if (bad !== null && !told) why = ['HG_ITEM_TIME', bad];
      if (bad === null && other !== undefined) {
        takes = false;
        if (!told) why = ['HG_ITEM_DUPLICATE', `${item.name.slice(0, 100)} has two values at ${time}`];
      } else if (bad === null) seen?.set(time, at);
      if (takes) continue;
      told = true;
      refused++;
      if (at > from) runs.push([from, at]);
      from = at + 1;
    }
    if (item.to > from) runs.push([from, item.to]);
    if (refused > 0) batch.reject('metric', item.index, why[0], why[1], refused);
    return runs;
  }

  #cap(client: string, now: number): SeriesCap {
    let cap = this.#caps.get(client);
    if (cap === undefined) {
      if (this.#caps.size >= CLIENTS) this.#caps.clear();
      cap = new SeriesCap(this.#options.maxSeries, now);
      this.#caps.set(client, cap);
    }
    return cap;
  }
}

/** Labels in the order they came: a client keeps its order. */
function keyOf(name: string, labels: readonly Label[]): string {
  let key = name;
  for (const [label, value] of labels) key += `\u0000${label}\u0001${value}`;
  return key;
}
