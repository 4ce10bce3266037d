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
  readonly #table: SeriesTable;
  readonly #instants: number;
  readonly #retired: (page: Page) => void;

  /** @param retired a page is not used for new frames any more */
  constructor(host: Host, table: SeriesTable, instants: number, retired: (page: Page) => void) {
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
      const page = this.#make(slots);
      if (page !== null) this.pages.push(page);
    }
  }

  /**
   * Lets go of series without a sample since the collection `tick`, where they are a quarter of a page or room is needed.
   * As with `place`, no rows may be waiting.
   */
  shed(tick: number, roomNeeded: boolean): void {
    for (let i = this.pages.length - 1; i >= 0; i--) {
      const page = this.pages[i]!;
      const gone = page.goneSince(tick);
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
    const page = this.#make(slots);
    if (page === null) return;
    page.inherit(old);
    this.pages[at] = page;
    this.#retired(old);
  }

  /** Leaves out series that cannot stand in a page (a label of several KB, say): they must not cost the others theirs. */
  #make(slots: readonly Slot[]): Page | null {
    try {
      return slots.length === 0 ? null : new Page(this.#host, slots, this.#instants);
    } catch (error) {
      if (slots.length === 1) {
        this.#host.log('warn', 'a series cannot be sent', {
          metric: slots[0]!.series.name,
          error: error instanceof Error ? error.message : String(error),
        });
        return null;
      }
    }
    const good = slots.filter((slot) => this.#make([slot]) !== null);
    return good.length < slots.length ? this.#make(good) : null;
  }
}
