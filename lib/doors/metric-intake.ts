import type { Batch, Label, SeriesItem, SeriesName } from '../ingest/batch.ts';
import { BLOCKED, type LimitVerdict, type SeriesLimits } from '../limits/series-limits.ts';
import type { MaskStage } from '../mask/mask.ts';
import type { Counter } from '../metrics.ts';
import { SeriesCap } from '../stages/series-cap.ts';
import { checkSeries, SERIES_LIMITS } from '../stages/series-check.ts';
import { badTime, type TimeLimits } from '../stages/time-check.ts';
import { namesObject } from './kubernetes-names.ts';
import { type DoorTarget, type Folding, LimitedSeries } from './limited-series.ts';
import { FieldMask } from './masked-fields.ts';
import type { PageRows } from './page-rows.ts';
import { type AdmittedSeries, SeriesPages, type Slot } from './series-pages.ts';

export interface MetricIntakeOptions {
  readonly times: TimeLimits;
  /** Covers secrets in the values of labels, as it does in those of fields. */
  readonly mask: MaskStage;
  readonly maxSeries: number;
  /** Samples over the cap, by label `metric`. */
  readonly overCap: Counter;
  /** Caps, blocks and counting, and who counts samples added up in an overflow series, by label `metric`. Null: none here. */
  readonly limited: { readonly limits: Pick<SeriesLimits, 'judge' | 'versionOf'>; readonly folded: Counter } | null;
}

/** What a batch becomes. */
export interface TakenRows {
  readonly rows: PageRows[];
  /** In the rows. */
  readonly samples: number;
  /** Of the batch: more than `samples`, where some are added up. */
  readonly taken: number;
  /** The rows were stored before: they are not to be added up again. */
  readonly unfold: () => void;
}

/** Metric names that are counted one by one when their series are over the cap; the others together. */
const NAMES_COUNTED = 500;
const CLIENTS = 10_000;

/** The stages between a door and the metric store: labels, secrets, series cap, times. What is refused is told item by item. */
export class MetricIntake {
  readonly #options: MetricIntakeOptions;
  readonly #pages = new SeriesPages();
  readonly #fields: FieldMask;
  readonly #limited: LimitedSeries | null;
  readonly #caps = new Map<string, SeriesCap>();
  readonly #counted = new Set<string>();
  /** By the name's object: a reader that remembers a series spares its key. */
  readonly #known = new WeakMap<SeriesName, Slot>();
  #request = 0;

  constructor(options: MetricIntakeOptions) {
    this.#options = options;
    this.#fields = new FieldMask(options.mask);
    const { limited } = options;
    this.#limited = limited && new LimitedSeries({ ...limited, pages: this.#pages });
  }

  /**
   * The rows of a frame with what passed; the rest stands in `batch.rejected`.
   * @param target labels that the door gives to all of it
   */
  rows(client: string, target: DoorTarget, batch: Batch, now: number): TakenRows {
    const cap = this.#cap(client, now);
    const admitted: AdmittedSeries[] = [];
    this.#request++;
    const again = new Map<Slot, Set<number>>();
    let samples = 0;
    const folding = this.#limited?.fold(target, batch) ?? null;
    for (const item of batch.series) {
      const slot = this.#slot(item, batch, cap, now);
      if (slot === null) continue;
      const had = this.#had(slot, item, batch, again);
      const verdict = this.#limited?.verdict(client, target, slot);
      if (verdict && verdict.kind !== 'keep') {
        this.#limit(verdict, item, batch, had, now, folding!);
        continue;
      }
      const { from, to } = item;
      if (to - from === 1 && had === null && badTime(batch.samples.times[from]!, now, this.#options.times) === null) {
        // By far the most frequent case.
        admitted.push({ slot, from, to });
        samples++;
        continue;
      }
      for (const [first, end] of this.#runs(item, batch, had, now)) {
        admitted.push({ slot, from: first, to: end });
        samples += end - first;
      }
    }
    const taken = samples + (folding?.samples ?? 0);
    for (const one of folding?.admitted() ?? []) {
      admitted.push(one);
      samples += one.to - one.from;
    }
    const unfold = () => folding?.takeBack();
    if (folding) batch.undo.push(unfold);
    return { rows: this.#pages.rows(admitted, batch.samples), samples, taken, unfold };
  }

  #slot(item: SeriesItem, batch: Batch, cap: SeriesCap, now: number): Slot | null {
    const { series } = item;
    let slot = this.#known.get(series);
    if (slot === undefined) {
      const { name, labels } = series;
      // No key is made of what is megabytes long: a small body may name one text for very many series.
      const key = isLong(name, labels) ? null : keyOf(name, labels);
      slot = key === null ? undefined : this.#pages.slot(key);
      if (slot === undefined) {
        const checked = checkSeries(name, labels, SERIES_LIMITS);
        if (checked.code !== null) {
          batch.reject('metric', item.index, checked.code, checked.message, item.to - item.from);
          return null;
        }
        // Covered first: with another secret it is no other series.
        const covered = checked.labels.map(([label, value]) => [label, this.#covered(name, label, value)] as const);
        const own = keyOf(name, covered);
        if (!cap.admit(own, now)) return this.#over(item, batch);
        slot = this.#slotOf(key!, own, name, covered);
      }
      this.#known.set(series, slot);
    }
    return cap.admit(slot.key, now) ? slot : this.#over(item, batch);
  }

  #covered(metric: string, label: string, value: string): string {
    return namesObject(metric, label, value) ? this.#options.mask.text(value) : this.#fields.value(label, value);
  }

  /** Series that come under several keys, in other orders of labels or with other secrets, are one: a page has none twice. */
  #slotOf(key: string, own: string, name: string, labels: readonly Label[]): Slot {
    const slot = this.#pages.slot(own) ?? this.#pages.enter(own, name, labels);
    if (key !== own) this.#pages.alias(key, slot);
    return slot;
  }

  /** Of a series that may not go on as it is. */
  #limit(
    verdict: Exclude<LimitVerdict, { kind: 'keep' }>,
    item: SeriesItem,
    batch: Batch,
    had: Set<number> | null,
    now: number,
    folding: Folding,
  ): void {
    if (verdict.kind === 'fold') {
      for (const [from, to] of this.#runs(item, batch, had, now)) folding.add(item, verdict.into, from, to);
    } else if (verdict.reason === BLOCKED) {
      const what = `an operator blocks ${item.series.name.slice(0, 100)}`;
      batch.reject('metric', item.index, 'HG_ITEM_BLOCKED', what, item.to - item.from);
    } else this.#over(item, batch);
  }

  #over({ series: { name }, index, from, to }: SeriesItem, batch: Batch): null {
    batch.reject('metric', index, 'HG_ITEM_SERIES_CAP', `a new series of ${name.slice(0, 100)}`, to - from);
    if (this.#counted.size < NAMES_COUNTED) this.#counted.add(name);
    this.#options.overCap.inc({ metric: this.#counted.has(name) ? name : 'others' }, to - from);
    return null;
  }

  /** The times a series had before in this request; null for one that comes once, and in order. */
  #had(slot: Slot, { from, to }: SeriesItem, { samples }: Batch, again: Map<Slot, Set<number>>): Set<number> | null {
    if (slot.request !== this.#request) {
      slot.request = this.#request;
      slot.from = from;
      slot.to = to;
      for (let at = from + 1; at < to; at++) if (samples.times[at]! <= samples.times[at - 1]!) return new Set();
      return null;
    }
    let had = again.get(slot);
    if (had === undefined) {
      had = new Set(samples.times.subarray(slot.from, slot.to));
      again.set(slot, had);
    }
    return had;
  }

  /** The stretches of an item's samples that are taken. */
  #runs(
    { from, to, series, index }: SeriesItem,
    batch: Batch,
    had: Set<number> | null,
    now: number,
  ): [number, number][] {
    const { times } = batch.samples;
    const runs: [number, number][] = [];
    let start = from;
    let refused = 0;
    let why: readonly ['HG_ITEM_TIME' | 'HG_ITEM_DUPLICATE', string] = ['HG_ITEM_TIME', ''];
    for (let at = from; at < to; at++) {
      const time = times[at]!;
      const bad = badTime(time, now, this.#options.times);
      const twice = bad === null && had !== null && had.has(time);
      if (bad === null && !twice) {
        had?.add(time);
        continue;
      }
      if (refused === 0) {
        why =
          bad === null
            ? ['HG_ITEM_DUPLICATE', `${series.name.slice(0, 100)} has two values at ${time}`]
            : ['HG_ITEM_TIME', bad];
      }
      refused++;
      if (at > start) runs.push([start, at]);
      start = at + 1;
    }
    if (to > start) runs.push([start, to]);
    if (refused > 0) batch.reject('metric', index, why[0], why[1], refused);
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

/** Whether a text is so long that the series is refused for it. */
function isLong(name: string, labels: readonly Label[]): boolean {
  const { maxNameLength, maxValueLength } = SERIES_LIMITS;
  if (name.length > maxNameLength) return true;
  for (const [label, value] of labels) {
    if (value.length > maxValueLength || (label.length > maxNameLength && value !== '')) return true;
  }
  return false;
}

/** Labels in the order they came: a client keeps its order. With their lengths, as any character may stand in a value. */
function keyOf(name: string, labels: readonly Label[]): string {
  let key = `${name.length}:${name}`;
  for (const [label, value] of labels) key += `${label.length},${value.length}:${label}${value}`;
  return key;
}
