import { LIMITS } from '../../../proto/limits.ts';
import type { Host } from '../host.ts';
import { Page } from './page.ts';
import type { SeriesTable, Slot } from './series-table.ts';

/** A page of a whole part of the host is left alone; a late series joins a page of latecomers until that has so many. */
const YOUNG_SERIES = 128;

/**
 * Which series stand in which page. The first collection is cut into pages in the order of the sources; a series that comes later goes to the
 * last page if that is small, else to a new one; a series that vanished keeps its place as absent. So one mount or container more or
 * less renews one page and not all.
 */
export class Pages {
  pages: Page[] = [];
  readonly #host: Host;
  readonly #table: Pick<SeriesTable, 'remove'>;
  readonly #instants: number;
  readonly #retired: (page: Page) => void;

  /** @param retired a page is not used for new frames any more */
  constructor(host: Host, table: Pick<SeriesTable, 'remove'>, instants: number, retired: (page: Page) => void) {
    this.#host = host;
    this.#table = table;
    this.#instants = instants;
    this.#retired = retired;
  }

  /** Gives places to new series. The rows gathered so far must be in a frame: the pages they belong to may be replaced. */
  place(fresh: readonly Slot[]): void {
    let rest = [...fresh];
    const last = this.pages.at(-1);
    if (last !== undefined && rest.length > 0 && last.size < YOUNG_SERIES) {
      const room = LIMITS.seriesPerPage - last.size;
      this.#replace(this.pages.length - 1, [...last.slots, ...rest.slice(0, room)]);
      rest = rest.slice(room);
    }
    // Pages of like size cost the same as full ones and a small rest.
    const count = Math.ceil(rest.length / LIMITS.seriesPerPage);
    for (let i = 0; i < count; i++) {
      const slots = rest.slice(Math.floor((rest.length * i) / count), Math.floor((rest.length * (i + 1)) / count));
      this.pages.push(...this.#make(slots));
    }
  }

  /**
   * Lets go of series that are gone, where they are a quarter of a page or room is needed. As with `place`, no rows may be waiting.
   * @param isGone it had no sample for so long that its end was marked
   */
  shed(isGone: (slot: Slot) => boolean, roomNeeded: boolean): void {
    for (let i = this.pages.length - 1; i >= 0; i--) {
      const page = this.pages[i]!;
      const gone = page.slots.filter(isGone);
      if (gone.length === 0 || (!roomNeeded && gone.length < page.size / 4)) continue;
      this.#table.remove(gone);
      const kept = page.slots.filter((slot) => !gone.includes(slot));
      if (kept.length > 0) this.#replace(i, kept);
      else {
        this.pages.splice(i, 1);
        this.#retired(page);
      }
    }
  }

  #replace(at: number, slots: readonly Slot[]): void {
    const old = this.pages[at]!;
    const pages = this.#make(slots);
    if (pages.length === 0) return;
    for (const page of pages) page.inherit(old);
    this.pages.splice(at, 1, ...pages);
    this.#retired(old);
  }

  /**
   * Pages of these series: one, or as many as it takes where they are too large together. Leaves out what cannot stand in a page at all (a label of
   * several KB, say): it must not cost the others theirs.
   */
  #make(slots: readonly Slot[]): Page[] {
    if (slots.length === 0) return [];
    try {
      return [new Page(this.#host, slots, this.#instants)];
    } catch (error) {
      if (slots.length === 1) {
        this.#host.log('warn', 'a series cannot be sent', {
          metric: slots[0]!.series.name,
          error: error instanceof Error ? error.message : String(error),
        });
        return [];
      }
    }
    const half = slots.length >> 1;
    return [...this.#make(slots.slice(0, half)), ...this.#make(slots.slice(half))];
  }
}
