import { checkSeries, SERIES_LIMITS } from '../../../lib/stages/series-check.ts';
import type { PageSeries } from '../../../proto/page.ts';
import { DroppedSeries } from '../sampling/dropped-series.ts';
import type { SeriesForm, SeriesRules } from '../sampling/series-rules.ts';
import { keyOf, type Slot } from '../sampling/series-table.ts';
import { SELF_PREFIX } from '../self-source.ts';
import type { Labels } from '../sources/source.ts';

/** A series of a target. */
export interface PushedSlot extends Slot {
  /** Of its newest sample, ms since the epoch. */
  time: number;
  /** No page can have it: a label of several KB, say. */
  unsendable: boolean;
}

/** Why a series is not taken, whatever its samples. */
export type RefusedSeries = 'labels' | 'reserved' | 'series_limit';

/** What series that anybody on this host can push must not pass for. */
export interface Reserved {
  /** The collector's name: as an `instance` it says nothing new. */
  readonly name: string;
  /** Jobs of what the collector finds out itself. */
  readonly jobs: ReadonlySet<string>;
}

export interface PushedTableOptions {
  /** Of every series that has not got them; `instance` may be among them. */
  readonly labels: Readonly<Record<string, string>>;
  /** Covers secrets in a label's value. */
  readonly mask: (text: string) => string;
  readonly rules: SeriesRules | null;
  readonly form: SeriesForm;
  /** Null: whoever pushes is the collector's own code, and is believed. */
  readonly reserved: Reserved | null;
  /** Of names as they came that are remembered, at most 4 million. */
  readonly characterLimit: number;
  /** Takes room for one more series with so many characters, where there is some. */
  readonly admit: (characters: number) => boolean;
  readonly released: (series: number, characters: number) => void;
}

/** Names that are remembered beside those of series that are kept: what is refused is remembered too. */
const NAMES = 1024;
/** Characters of all of them. */
const MOST_CHARACTERS = 4_000_000;

/** Knows the series of one target by what they are called there. The rest (mask, rules, labels) is done once for each. */
export class PushedTable {
  readonly #options: PushedTableOptions;
  readonly #slots = new Map<string, PushedSlot>();
  /** By name and labels as they came. */
  #known = new Map<string, PushedSlot | DroppedSeries | 'labels' | 'reserved'>();
  readonly #mostCharacters: number;
  #characters = 0;
  #fresh: PushedSlot[] = [];

  constructor(options: PushedTableOptions) {
    this.#options = options;
    this.#mostCharacters = Math.min(MOST_CHARACTERS, options.characterLimit);
  }

  get size(): number {
    return this.#slots.size;
  }

  /** @param labels in any order; an empty value is no label */
  find(name: string, labels: Labels): PushedSlot | DroppedSeries | RefusedSeries {
    // As in keyOf: a sum of texts would take more memory.
    const key = [name, ...labels].join('\u0000');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const found = this.#make(name, labels);
    // One over the limit is looked for each time: room may have come.
    if (found === 'series_limit') return found;
    this.#characters += key.length;
    if (this.#known.size >= this.#slots.size + NAMES || this.#characters > this.#mostCharacters)
      this.#forget(key.length);
    this.#known.set(key, found);
    return found;
  }

  takeFresh(): PushedSlot[] {
    const fresh = this.#fresh;
    this.#fresh = [];
    return fresh;
  }

  slots(): IterableIterator<PushedSlot> {
    return this.#slots.values();
  }

  remove(slots: readonly Slot[]): void {
    let removed = 0;
    let characters = 0;
    for (const { series } of slots) {
      const key = keyOf(series);
      if (!this.#slots.delete(key)) continue;
      removed++;
      characters += key.length;
    }
    this.#options.released(removed, characters);
    this.#forget(0);
  }

  /** @param characters of the one that comes next */
  #forget(characters: number): void {
    this.#known = new Map();
    this.#characters = characters;
  }

  #make(name: string, labels: Labels): PushedSlot | DroppedSeries | RefusedSeries {
    const { mask, rules, form, admit } = this.#options;
    if (this.#options.reserved !== null && name.startsWith(SELF_PREFIX)) return 'reserved';
    const given = this.#given(name, labels);
    if (given === null) return 'labels';
    const masked = { name, labels: given.map(([label, value]) => [label, mask(value)] as const) };
    const series: PageSeries | DroppedSeries = rules?.apply(masked, form) ?? form(name, masked.labels);
    if (series instanceof DroppedSeries) return series;
    const key = keyOf(series);
    let slot = this.#slots.get(key);
    if (slot !== undefined) return slot;
    if (!admit(key.length)) return 'series_limit';
    slot = {
      series,
      value: Number.NaN,
      tick: -1,
      time: Number.NEGATIVE_INFINITY,
      ended: 0,
      page: null,
      unsendable: false,
    };
    this.#slots.set(key, slot);
    this.#fresh.push(slot);
    return slot;
  }

  /** All its labels, sorted; null: they are none that a store keeps. */
  #given(name: string, labels: Labels): readonly (readonly [string, string])[] | null {
    let own: (readonly [string, string])[] = [];
    for (let i = 0; i + 1 < labels.length; i += 2) own.push([labels[i]!, labels[i + 1]!]);
    if (this.#options.reserved !== null) own = exported(own, this.#options.reserved);
    const names = new Set(own.map(([label]) => label));
    for (const [label, value] of Object.entries(this.#options.labels)) if (!names.has(label)) own.push([label, value]);
    const checked = checkSeries(name, own, SERIES_LIMITS);
    return checked.code === null ? checked.labels : null;
  }
}

/** What is not the application's to say becomes `exported_...`: whose a series is, and that it is of a job of the collector. */
function exported(
  labels: readonly (readonly [string, string])[],
  { name, jobs }: Reserved,
): (readonly [string, string])[] {
  const names = new Set(labels.map(([label]) => label));
  return labels.map(([label, value]) => {
    const isForged = (label === 'instance' && value !== name) || (label === 'job' && jobs.has(value));
    if (!isForged || value === '') return [label, value];
    let free = `exported_${label}`;
    while (names.has(free)) free = `exported_${free}`;
    return [free, value];
  });
}
