import { createHash } from 'node:crypto';
import { type Hash, hashBytes, hashOf } from '../proto/hash.ts';
import { compareSeries, encodePage, type PageSeries } from '../proto/page.ts';
import { type Kind, type KindSeries, seriesOf } from './kinds.ts';
import type { ScaledRecording } from './scaled-recording.ts';

const PAGE_SERIES = 256;

export const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/** A page as it is sent. */
export interface Page {
  readonly hash: Hash;
  readonly hashBytes: Uint8Array;
  readonly bytes: Uint8Array;
}

/** A run of a kind's series that stand in one page. */
export interface Section {
  readonly from: number;
  readonly count: number;
  /** Its page is another one in each life. */
  readonly passing: boolean;
}

/**
 * The pages of one kind of host: the whole fleet costs one dictionary a kind. The series stand in the order of the pages; the last
 * section may hold those that pass with a host's life.
 */
export class KindPages {
  readonly series: readonly KindSeries[];
  readonly sections: readonly Section[];
  readonly #kind: Kind;
  /** By section and life; of those that stay, the first life's is all lives'. */
  readonly #pages: (Page | undefined)[][];

  constructor(kind: Kind, count: number | null, recording: ScaledRecording) {
    const { lasting, passing } = seriesOf(kind, count, recording);
    const parts = [sorted(lasting), sorted(passing)];
    this.#kind = kind;
    this.series = parts.flat();
    this.sections = parts.flatMap((part, at) => {
      const begin = at === 0 ? 0 : parts[0]!.length;
      return Array.from({ length: Math.ceil(part.length / PAGE_SERIES) }, (_, page) => ({
        from: begin + page * PAGE_SERIES,
        count: Math.min(PAGE_SERIES, part.length - page * PAGE_SERIES),
        passing: at === 1,
      }));
    });
    this.#pages = this.sections.map(() => []);
  }

  /** Whether the series at a place is another one in each life. */
  passes(place: number): boolean {
    return this.sections.some(({ passing, from }) => passing && place >= from);
  }

  /** The series at a place, as a host's store has it in one of its lives. */
  seriesIn(place: number, life: number): PageSeries {
    const { name, labels } = this.series[place]!;
    // `pod` stands behind the other names, and is the same for all of a page: the order stays.
    return { name, labels: this.passes(place) ? [...labels, ['pod', `${this.#kind}-${life}`] as const] : labels };
  }

  /** The page of a section in a life. */
  page(section: number, life: number): Page {
    const { from, count, passing } = this.sections[section]!;
    const lives = this.#pages[section]!;
    const known = lives[passing ? life : 0];
    if (known) return known;
    const bytes = encodePage(Array.from({ length: count }, (_, i) => this.seriesIn(from + i, life)));
    const hash = hashOf(bytes, sha256);
    const page = { hash, hashBytes: hashBytes(hash), bytes };
    lives[passing ? life : 0] = page;
    return page;
  }
}

function sorted(series: readonly KindSeries[]): KindSeries[] {
  return series
    .map((one) => ({ ...one, labels: one.labels.toSorted(([a], [b]) => (a < b ? -1 : 1)) }))
    .toSorted(compareSeries);
}
