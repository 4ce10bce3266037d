import type { ColumnEncoder } from '../../proto/columns.ts';
import { LIMITS } from '../../proto/limits.ts';
import type { EncodedSection, MetricSection } from '../../proto/metrics-body.ts';
import type { MadePage, MadePages } from './made-pages.ts';
import { addTo, type OverflowParts, type Sum, Sums } from './overflow.ts';
import type { Fold, PagePlan } from './page-plan.ts';
import { isStale, setStale, wordsOf } from './stale.ts';

/** Two series became one, and both have a sample of one instant: the one that has that name already stays, or the first of the page. */
export const DUPLICATE = 'relabel_duplicate';

/** A section that names a page of ours; it goes only if that page is durable. */
export interface MadeSection {
  readonly page: MadePage;
  readonly section: EncodedSection;
  readonly samples: number;
  /** Cells, absent ones included. */
  readonly cells: number;
}

interface Cells {
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

/** The sections of one frame as they go on, made from one after the other of those that came. */
export class ShapedFrame {
  readonly #encoder: ColumnEncoder;
  readonly kept: EncodedSection[] = [];
  readonly made: MadeSection[] = [];
  /** Samples that do not go on, by reason. */
  readonly lost: Record<string, number> = {};
  readonly #sums = new Sums();

  constructor(encoder: ColumnEncoder) {
    this.#encoder = encoder;
  }

  lose(reason: string, samples: number): void {
    if (samples > 0) this.lost[reason] = (this.lost[reason] ?? 0) + samples;
  }

  /** @param row values of the base that the section is against; null: none */
  take(
    { page, base, n, times, values, present }: MetricSection,
    { fates, folds }: PagePlan,
    row: Float64Array | null,
  ): void {
    const instants = times.length;
    const all = present ?? new Uint8Array(values.length).fill(1);
    const stays = all.slice();
    const words = wordsOf(values);
    const moved = new Map<MadePage, Cells>();
    for (const fold of folds) this.#fold(fold, n, times, values, all, stays);
    for (const [column, fate] of fates) {
      for (let i = 0, at = column; i < instants; i++, at += n) {
        if (all[at] === 0) continue;
        stays[at] = 0;
        if (fate.kind === 'drop') this.lose(fate.reason, 1);
        else {
          const { page: to, column: there, rival } = fate;
          const cells = moved.get(to) ?? emptyCells(to, times);
          moved.set(to, cells);
          const into = i * to.series.length + there;
          if (cells.present[into] === 1 || (rival >= 0 && all[i * n + rival] === 1)) this.lose(DUPLICATE, 1);
          else {
            cells.present[into] = 1;
            wordsOf(cells.values).set(words.subarray(at * 2, at * 2 + 2), into * 2);
          }
        }
      }
    }
    if (stays.includes(1)) {
      this.kept.push({ page, base, columns: this.#encoder.encode(n, times, values, stays, row) });
    }
    for (const [to, cells] of moved) this.#move(to, cells);
  }

  #fold(
    { into, reason, columns }: Fold,
    n: number,
    times: Float64Array,
    values: Float64Array,
    all: Uint8Array,
    stays: Uint8Array,
  ): void {
    const words = wordsOf(values);
    const rows = this.#sums.rows(into, times);
    for (let i = 0; i < rows.length; i++) {
      let added = 0;
      let count = 0;
      let samples = 0;
      for (const column of columns) {
        const at = i * n + column;
        if (all[at] === 0) continue;
        stays[at] = 0;
        samples++;
        if (isStale(words, at)) continue;
        count++;
        added += values[at]!;
      }
      if (samples > 0) addTo(rows[i]!, added, count, samples, reason);
    }
  }

  /** A section that nothing is taken of. */
  keep(section: EncodedSection): void {
    this.kept.push(section);
  }

  /** Adds what was added up. */
  overflow(parts: OverflowParts, pages: MadePages): void {
    for (const { into, sums } of this.#sums.bySeries.values()) {
      const all = [...sums.values()].filter(({ samples }) => samples > 0);
      if (all.length === 0) continue;
      all.sort((a, b) => a.time - b.time);
      const page = parts.next(into, all, pages);
      for (let from = 0; from < all.length; from += LIMITS.instants) {
        const some = all.slice(from, from + LIMITS.instants);
        const times = new Float64Array(some.length);
        const values = new Float64Array(some.length);
        for (let i = 0; i < some.length; i++) {
          times[i] = some[i]!.time;
          this.#sum(some[i]!, values, i);
        }
        const columns = this.#encoder.encode(1, times, values, null, null);
        const section = { page: page.hash, base: null, columns };
        this.made.push({ page, section, samples: some.length, cells: some.length });
      }
    }
  }

  #sum(sum: Sum, values: Float64Array, at: number): void {
    if (sum.values === 0) setStale(wordsOf(values), at);
    else values[at] = sum.value;
    // One sample stands for all of them.
    let one = 1;
    for (const [reason, samples] of sum.reasons) {
      this.lose(reason, samples - one);
      one = 0;
    }
  }

  #move(page: MadePage, { times, values, present }: Cells): void {
    const samples = present.reduce((count, there) => count + there, 0);
    if (samples === 0) return;
    const columns = this.#encoder.encode(page.series.length, times, values, present, null);
    const section = { page: page.hash, base: null, columns };
    this.made.push({ page, section, samples, cells: values.length });
  }
}

function emptyCells(page: MadePage, times: Float64Array): Cells {
  const size = page.series.length * times.length;
  return { times, values: new Float64Array(size), present: new Uint8Array(size) };
}
