import type { Batch, SeriesItem } from '../ingest/batch.ts';
import { FoldedSums } from '../limits/folded-sums.ts';
import type { LimitVerdict, SeriesLimits } from '../limits/series-limits.ts';
import type { Counter } from '../metrics.ts';
import type { AdmittedSeries, SeriesPages, Slot } from './series-pages.ts';

type Labels = readonly (readonly [string, string])[];

/** Labels that the door itself gives to all that a client sends. */
export type DoorTarget = Readonly<Record<string, string>>;

export interface LimitedSeriesOptions {
  readonly limits: Pick<SeriesLimits, 'judge' | 'versionOf'>;
  readonly pages: SeriesPages;
  /** Samples added up in an overflow series, by label `metric`. */
  readonly folded: Counter;
}

/** What a slot's series was judged to be, as one client sends it. */
interface Judged {
  readonly version: number;
  readonly verdict: LimitVerdict;
  readonly host: string;
}

/** Metric names that are counted one by one; the others together. */
const NAMES_COUNTED = 500;

/** Carries out at a door what the limits say of series: each is asked about once, until the answer may have changed. */
export class LimitedSeries {
  readonly #options: LimitedSeriesOptions;
  readonly #judged = new Map<string, WeakMap<Slot, Judged>>();
  readonly #sums = new FoldedSums();
  readonly #names = new Set<string>();

  constructor(options: LimitedSeriesOptions) {
    this.#options = options;
  }

  /** @param client who sends it, with the labels that it is given */
  verdict(client: string, target: DoorTarget, slot: Slot): LimitVerdict {
    const { limits } = this.#options;
    const own = this.#of(client);
    const known = own.get(slot);
    const host = known?.host ?? hostOf(client, target, slot);
    const version = limits.versionOf(host);
    if (known?.version === version) return known.verdict;
    const verdict = limits.judge(host, labelsOf(target, slot));
    own.set(slot, { version, verdict, host });
    return verdict;
  }

  /** The samples of a request that fold. */
  fold(target: DoorTarget, batch: Batch): Folding {
    return new Folding(this.#options.pages, this.#sums, target, batch, ({ series: { name } }, samples) => {
      if (this.#names.size < NAMES_COUNTED) this.#names.add(name);
      this.#options.folded.inc({ metric: this.#names.has(name) ? name : 'others' }, samples);
    });
  }

  #of(client: string): WeakMap<Slot, Judged> {
    let own = this.#judged.get(client);
    if (!own) {
      if (this.#judged.size >= 10_000) this.#judged.clear();
      own = new WeakMap();
      this.#judged.set(client, own);
    }
    return own;
  }
}

/** Folds samples of one request. */
export class Folding {
  readonly #pages: SeriesPages;
  readonly #sums: FoldedSums;
  readonly #target: DoorTarget;
  readonly #batch: Batch;
  readonly #count: (item: SeriesItem, samples: number) => void;
  readonly #touched = new Map<string, { slot: Slot; sums: Map<number, number> }>();
  readonly #added: { readonly key: string; readonly time: number; readonly value: number }[] = [];
  /** Samples that went in. */
  samples = 0;

  constructor(
    pages: SeriesPages,
    sums: FoldedSums,
    target: DoorTarget,
    batch: Batch,
    count: (item: SeriesItem, samples: number) => void,
  ) {
    this.#pages = pages;
    this.#sums = sums;
    this.#target = target;
    this.#batch = batch;
    this.#count = count;
  }

  /** Adds samples [from, to) of an item to the overflow series. A NaN, as a stale marker is one, is no value to add. */
  add(item: SeriesItem, into: Labels, from: number, to: number): void {
    const { samples } = this.#batch;
    this.samples += to - from;
    this.#count(item, to - from);
    // Those that the door gives come to the series with the frame.
    const labels = into.filter(([name]) => name !== '__name__' && !Object.hasOwn(this.#target, name));
    const key = `overflow ${JSON.stringify(into)}`;
    let touched = this.#touched.get(key);
    if (!touched) {
      touched = { slot: this.#slot(key, item.series.name, labels), sums: new Map() };
      this.#touched.set(key, touched);
    }
    for (let at = from; at < to; at++) {
      const value = samples.value(at);
      if (Number.isNaN(value)) continue;
      const time = samples.times[at]!;
      touched.sums.set(time, this.#sums.add(key, time, value));
      this.#added.push({ key, time, value });
    }
  }

  /** None of it is stored now: it was before, or could not be. */
  takeBack(): void {
    for (const { key, time, value } of this.#added.splice(0)) this.#sums.takeBack(key, time, value);
  }

  /** The overflow series, with the sums so far, their samples behind the batch's others. */
  admitted(): AdmittedSeries[] {
    const { samples } = this.#batch;
    const series: AdmittedSeries[] = [];
    for (const { slot, sums } of this.#touched.values()) {
      const from = samples.length;
      for (const [time, sum] of [...sums].sort(([a], [b]) => a - b)) samples.push(time, sum);
      if (samples.length > from) series.push({ slot, from, to: samples.length });
    }
    return series;
  }

  #slot(key: string, name: string, labels: Labels): Slot {
    const own = `${key} ${JSON.stringify(labels)}`;
    return this.#pages.slot(own) ?? this.#pages.enter(own, name, labels);
  }
}

function hostOf(client: string, target: DoorTarget, { series: { labels } }: Slot): string {
  return target.instance ?? labels.find(([name]) => name === 'instance')?.[1] ?? client;
}

/** As the store will have them, sorted by name. */
function labelsOf(target: DoorTarget, { series: { name, labels } }: Slot): Labels {
  const all: (readonly [string, string])[] = labels.filter(([label]) => !Object.hasOwn(target, label));
  all.push(['__name__', name], ...Object.entries(target));
  return all.sort(([a], [b]) => (a < b ? -1 : 1));
}
