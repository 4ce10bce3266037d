import { compareSeries, type PageSeries } from '../../../proto/page.ts';
import type { Labels, SampleSink } from '../sources/source.ts';
import { DroppedSeries } from './dropped-series.ts';
import type { Page } from './page.ts';
import { sendableSeries } from './sendable-series.ts';
import type { SeriesRules } from './series-rules.ts';

/** One series that is or was collected. */
export interface Slot {
  readonly series: PageSeries;
  value: number;
  /** The collection that gave `value`. */
  tick: number;
  /** The collection at which it is told to end, where its absence alone does not say so; 0: none. */
  ended?: number;
  /** Where it stands; null: nowhere yet, or in no page because it cannot. */
  page?: Page | null;
}

/** A series above the cap: known, so that it is counted cheaply, and not kept. */
const CAPPED = null;

export interface SeriesTableOptions {
  /** Added to every series that has not got them: job="node", say. */
  readonly labels: Readonly<Record<string, string>>;
  /** Most series of this host. */
  readonly limit: number;
  /** A sample of a series above the limit was refused. */
  readonly onCapped: (metric: string) => void;
  /** What becomes of series before they are known; null: they stay as they are. */
  readonly rules: SeriesRules | null;
}

/**
 * Takes samples and knows their series again. In the steady state a sample costs two map lookups and no allocation: sources give the same
 * name and the same label array each time.
 */
export class SeriesTable implements SampleSink {
  readonly #options: SeriesTableOptions;
  readonly #rules: SeriesRules | null;
  readonly #byKey = new Map<string, Slot>();
  #quick = new Map<string, Map<Labels, Slot | DroppedSeries>>();
  #quickSize = 0;
  #fresh: Slot[] = [];
  tick = 0;

  constructor(options: SeriesTableOptions) {
    this.#options = options;
    this.#rules = options.rules;
  }

  /** Series known now, those that vanished of late included. */
  get size(): number {
    return this.#byKey.size;
  }

  /** A new collection begins. */
  begin(): void {
    this.tick++;
  }

  add(name: string, labels: Labels, value: number): void {
    const slot = this.#quick.get(name)?.get(labels) ?? this.#find(name, labels);
    if (slot === CAPPED) {
      this.#options.onCapped(name);
      return;
    }
    // Without rules nothing is dropped by them.
    const sent = this.#rules === null ? (slot as Slot) : this.#rules.sent(slot, this.tick);
    if (sent === null) return;
    sent.value = value;
    sent.tick = this.tick;
  }

  addFirst(name: string, labels: Labels, value: number): boolean {
    const slot = this.#quick.get(name)?.get(labels) ?? this.#find(name, labels);
    if (slot !== CAPPED && !(slot instanceof DroppedSeries) && slot.tick === this.tick) return false;
    this.add(name, labels, value);
    return true;
  }

  /** Series seen for the first time since the last call, in the order of the sources. */
  takeFresh(): Slot[] {
    const fresh = this.#fresh;
    this.#fresh = [];
    return fresh;
  }

  /** Series that are gone for good make room for others. */
  remove(slots: readonly Slot[]): void {
    for (const slot of slots) this.#byKey.delete(keyOf(slot.series));
    this.#forgetQuick();
  }

  #find(name: string, labels: Labels): Slot | DroppedSeries | typeof CAPPED {
    const given = this.#series(name, labels);
    const series = this.#rules?.apply(given) ?? given;
    const slot = series instanceof DroppedSeries ? series : this.#slot(series);
    // Capped ones are looked for each time: room may have come.
    if (slot === CAPPED) return CAPPED;
    // Label arrays are made anew now and then: what is known by the old ones is let go.
    if (this.#quickSize > 4 * this.#options.limit) this.#forgetQuick();
    let known = this.#quick.get(name);
    if (known === undefined) {
      known = new Map();
      this.#quick.set(name, known);
    }
    known.set(labels, slot);
    this.#quickSize++;
    return slot;
  }

  #slot(series: PageSeries): Slot | typeof CAPPED {
    const key = keyOf(series);
    let slot = this.#byKey.get(key);
    if (slot !== undefined) return slot;
    if (this.#byKey.size >= this.#options.limit) return CAPPED;
    slot = { series, value: Number.NaN, tick: -1 };
    this.#byKey.set(key, slot);
    this.#fresh.push(slot);
    return slot;
  }

  #forgetQuick(): void {
    this.#quick = new Map();
    this.#quickSize = 0;
  }

  #series(name: string, labels: Labels): PageSeries {
    const pairs = Object.entries(this.#options.labels);
    for (let i = 0; i + 1 < labels.length; i += 2) pairs.push([labels[i]!, labels[i + 1]!]);
    return sendableSeries(name, pairs);
  }
}

export function keyOf({ name, labels }: PageSeries): string {
  // Joined, not added up: a sum of texts keeps all its parts, and takes three times the memory.
  return [name, ...labels.flat()].join('\u0000');
}

export function compareSlots(a: Slot, b: Slot): number {
  return compareSeries(a.series, b.series);
}
