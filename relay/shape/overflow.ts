import type { PageSeries } from '../../proto/page.ts';
import { Generations } from '../generations.ts';
import type { MadePage, MadePages } from './made-pages.ts';

/** Tells apart what several frames of a host have of one instant: it is not on the first. Sums over it are the whole. */
export const OVERFLOW_PART = 'overflow_part';

/** Instants that are remembered of a host's overflow series. */
const INSTANTS = 512;
/** Overflow series that are, in each of two generations. */
const SERIES = 50_000;
/** Parts of a series whose pages are kept at hand. */
const PARTS = 16;

/** A series of one host into which others are added up. */
export interface Overflow {
  readonly series: PageSeries;
  /** Of host and series. */
  readonly name: string;
  /** By part. */
  readonly pages: (MadePage | undefined)[];
}

/** What is added up at one instant. */
export interface Sum {
  readonly time: number;
  value: number;
  /** Samples in it, the marks of ended series too. */
  samples: number;
  /** Those that are values. */
  values: number;
  /** So many for each reason: nearly always one. */
  readonly reasons: [reason: string, samples: number][];
}

/** The sums of one frame, by series and instant. */
export class Sums {
  readonly bySeries = new Map<string, { readonly into: Overflow; readonly sums: Map<number, Sum> }>();

  /** The sums for these instants, to be added to; one to which nothing is added is none. */
  rows(into: Overflow, times: Float64Array): Sum[] {
    let own = this.bySeries.get(into.name);
    if (!own) {
      own = { into, sums: new Map() };
      this.bySeries.set(into.name, own);
    }
    const rows: Sum[] = [];
    for (const time of times) {
      let sum = own.sums.get(time);
      if (!sum) {
        sum = { time, value: 0, samples: 0, values: 0, reasons: [] };
        own.sums.set(time, sum);
      }
      rows.push(sum);
    }
    return rows;
  }
}

/** @param added the sum of so many `values`; the rest of the samples are marks that their series ended, which add nothing */
export function addTo(sum: Sum, added: number, values: number, samples: number, reason: string): void {
  sum.samples += samples;
  sum.values += values;
  sum.value += added;
  const known = sum.reasons.find(([one]) => one === reason);
  if (known) known[1] += samples;
  else sum.reasons.push([reason, samples]);
}

/**
 * Gives the overflow of each frame a series of its own where an instant of a host is spread over several frames: a store keeps one sample
 * of a series and instant, and a frame on its way cannot wait for others. So there are as many series as frames that a host makes of an instant.
 */
export class OverflowParts {
  readonly #series = new Generations<Map<number, number>>(SERIES);

  /** The page of the series for one more frame that has these instants. */
  next(into: Overflow, sums: readonly Sum[], pages: MadePages): MadePage {
    let frames = this.#series.get(into.name);
    if (!frames) {
      frames = new Map();
      this.#series.set(into.name, frames, 1);
    }
    let part = 0;
    for (const { time } of sums) part = Math.max(part, frames.get(time) ?? 0);
    for (const { time } of sums) frames.set(time, part + 1);
    if (frames.size > INSTANTS) {
      for (const oldest of frames.keys()) {
        if (frames.size <= INSTANTS) break;
        frames.delete(oldest);
      }
    }
    const known = into.pages[part];
    if (known) return known;
    const [page] = pages.of([partOf(into.series, part)]);
    if (part < PARTS) into.pages[part] = page;
    return page!;
  }
}

function partOf(series: PageSeries, part: number): PageSeries {
  if (part === 0) return series;
  const labels = [...series.labels, [OVERFLOW_PART, String(part)] as const];
  return { name: series.name, labels: labels.sort(([a], [b]) => (a < b ? -1 : 1)) };
}
