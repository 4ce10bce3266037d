import { createHash } from 'node:crypto';
import { compareSeries } from '../../proto/page.ts';
import type { Label } from '../ingest/batch.ts';
import type { SampleColumns } from '../ingest/sample-columns.ts';
import type { PageRows, PageSeries, ResolvedPage } from './page-rows.ts';

/** A series that passed the stages, and where its samples stand. */
export interface AdmittedSeries {
  readonly slot: Slot;
  readonly from: number;
  readonly to: number;
}

/** A series as it is known here; its page is decided when the request that brought it first is written. */
export interface Slot {
  readonly key: string;
  readonly series: PageSeries;
  page: ResolvedPage | null;
  column: number;
  /** The request that brought it last, and where its samples stood there. */
  request: number;
  from: number;
  to: number;
}

const PAGE_SERIES = 256;
/** Series known at a time; beyond, all are forgotten and come again with their next samples. */
const MOST_SLOTS = 500_000;
/** Other keys of those: a client may come with the same series under ever new ones. */
const MOST_ALIASES = 100_000;
/** A page's rows may have so many cells for each sample in them; beyond, its series go one by one. */
const SPARSE = 8;

/**
 * Puts series that come together into pages, once: a client sends the same series again and again, and a page the store knows
 * costs it nothing. Series of one instant (of one scrape, of one export) share pages, so that their rows are full.
 */
export class SeriesPages {
  readonly #slots = new Map<string, Slot>();
  readonly #aliases = new Map<string, Slot>();
  readonly #singles = new WeakMap<Slot, ResolvedPage>();

  /** The slot of a series by its key as it came; undefined: not seen yet. */
  slot(key: string): Slot | undefined {
    return this.#slots.get(key) ?? this.#aliases.get(key);
  }

  enter(key: string, name: string, labels: readonly Label[]): Slot {
    const slot: Slot = { key, series: { name, labels }, page: null, column: 0, request: 0, from: 0, to: 0 };
    if (this.#slots.size >= MOST_SLOTS) {
      this.#slots.clear();
      this.#aliases.clear();
    }
    this.#slots.set(key, slot);
    return slot;
  }

  /** The slot has this key from now on, too. */
  alias(key: string, slot: Slot): void {
    if (this.#aliases.size >= MOST_ALIASES) this.#aliases.clear();
    this.#aliases.set(key, slot);
  }

  /** The rows of a frame. Every sample of `admitted` is in them once. */
  rows(admitted: readonly AdmittedSeries[], samples: SampleColumns): PageRows[] {
    this.#settle(admitted, samples);
    const byPage = new Map<ResolvedPage, AdmittedSeries[]>();
    for (const one of admitted) {
      const there = byPage.get(one.slot.page!);
      if (there) there.push(one);
      else byPage.set(one.slot.page!, [one]);
    }
    const rows: PageRows[] = [];
    for (const [page, members] of byPage) {
      const times = timesOf(members, samples);
      const count = members.reduce((sum, { from, to }) => sum + to - from, 0);
      if (times.length * page.series.length <= SPARSE * count) {
        rows.push(fill(page, times, members, samples, (one) => one.slot.column));
        continue;
      }
      for (const one of members) {
        rows.push(fill(this.#single(one.slot), timesOf([one], samples), [one], samples, () => 0));
      }
    }
    return rows;
  }

  /** Gives a page to each series that has none, with those of its first instant. */
  #settle(admitted: readonly AdmittedSeries[], samples: SampleColumns): void {
    const fresh = new Map<number, Set<Slot>>();
    for (const { slot, from } of admitted) {
      if (slot.page !== null) continue;
      const time = samples.times[from]!;
      const there = fresh.get(time);
      if (there) there.add(slot);
      else fresh.set(time, new Set([slot]));
    }
    for (const slots of fresh.values()) {
      // One that stands under two times has its page from the first.
      const open = [...slots].filter((slot) => slot.page === null);
      for (let at = 0; at < open.length; at += PAGE_SERIES) settlePage(open.slice(at, at + PAGE_SERIES));
    }
  }

  #single(slot: Slot): ResolvedPage {
    let page = this.#singles.get(slot);
    if (!page) {
      page = resolvedPage([slot.series]);
      this.#singles.set(slot, page);
    }
    return page;
  }
}

function settlePage(slots: Slot[]): void {
  slots.sort((a, b) => compareSeries(a.series, b.series));
  const page = resolvedPage(slots.map((slot) => slot.series));
  for (const [column, slot] of slots.entries()) {
    slot.page = page;
    slot.column = column;
  }
}

/** A page that is made here and never travels, as those of doors: its name is that of its content all the same. */
export function resolvedPage(series: readonly PageSeries[]): ResolvedPage {
  const hash = createHash('sha256').update(JSON.stringify(series)).digest('hex').slice(0, 32);
  return { hash, series };
}

function timesOf(members: readonly AdmittedSeries[], samples: SampleColumns): Float64Array {
  const times = new Set<number>();
  for (const { from, to } of members) for (let at = from; at < to; at++) times.add(samples.times[at]!);
  return Float64Array.from(times).sort();
}

function fill(
  page: ResolvedPage,
  times: Float64Array,
  members: readonly AdmittedSeries[],
  samples: SampleColumns,
  columnOf: (one: AdmittedSeries) => number,
): PageRows {
  const n = page.series.length;
  const values = new Float64Array(times.length * n);
  const words = new Uint32Array(values.buffer);
  const present = new Uint8Array(values.length);
  const row = new Map<number, number>();
  for (const [i, time] of times.entries()) row.set(time, i);
  let count = 0;
  for (const one of members) {
    const column = columnOf(one);
    for (let at = one.from; at < one.to; at++) {
      const cell = row.get(samples.times[at]!)! * n + column;
      if (present[cell] === 0) count++;
      present[cell] = 1;
      samples.copyTo(at, words, cell);
    }
  }
  return { page, times, values, present: count === values.length ? null : present };
}
