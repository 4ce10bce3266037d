import type { PageSeries } from '../../proto/page.ts';
import { Generations } from '../generations.ts';
import { textOf } from './page-plan.ts';

/** Tells apart what several frames of a host have of one instant: it is not on the first. Sums over it are the whole. */
export const OVERFLOW_PART = 'overflow_part';

/** Instants that are remembered of a host's overflow series. */
const INSTANTS = 512;
/** Overflow series that are, in each of two generations. */
const SERIES = 50_000;

/** What is added up at one instant. */
export interface Sum {
  value: number;
  /** Samples in it, the marks of ended series too. */
  samples: number;
  /** Those that are values. */
  values: number;
  /** So many for each reason. */
  readonly reasons: Map<string, number>;
}

/** The sums of one frame, by series and instant. */
export class Sums {
  readonly bySeries = new Map<string, { readonly into: PageSeries; readonly sums: Map<number, Sum> }>();

  /** @param stale a mark that the series ended, which adds nothing */
  add(into: PageSeries, time: number, value: number, stale: boolean, reason: string): void {
    const text = textOf(into);
    let own = this.bySeries.get(text);
    if (!own) {
      own = { into, sums: new Map() };
      this.bySeries.set(text, own);
    }
    let sum = own.sums.get(time);
    if (!sum) {
      sum = { value: 0, samples: 0, values: 0, reasons: new Map() };
      own.sums.set(time, sum);
    }
    sum.samples++;
    if (!stale) {
      sum.values++;
      sum.value += value;
    }
    sum.reasons.set(reason, (sum.reasons.get(reason) ?? 0) + 1);
  }
}

/**
 * Gives the overflow of each frame a series of its own where an instant of a host is spread over several frames: a store keeps one sample
 * of a series and instant, and a frame on its way cannot wait for others. So there are as many series as frames that a host makes of an instant.
 */
export class OverflowParts {
  readonly #series = new Generations<Map<number, number>>(SERIES);

  /** The series for one more frame that has these instants. */
  next(host: string, text: string, into: PageSeries, times: Iterable<number>): PageSeries {
    const name = `${host} ${text}`;
    let frames = this.#series.get(name);
    if (!frames) {
      frames = new Map();
      this.#series.set(name, frames, 1);
    }
    const all = [...times];
    const part = all.reduce((most, time) => Math.max(most, frames.get(time) ?? 0), 0);
    for (const time of all) frames.set(time, part + 1);
    for (const oldest of frames.keys()) {
      if (frames.size <= INSTANTS) break;
      frames.delete(oldest);
    }
    if (part === 0) return into;
    const labels = [...into.labels, [OVERFLOW_PART, String(part)] as const];
    return { name: into.name, labels: labels.sort(([a], [b]) => (a < b ? -1 : 1)) };
  }
}
