import { compileMatcher, matchesEmpty } from '../../lib/promql/matchers.ts';
import type { Matcher } from '../ports/metric-store.ts';
import { SeriesBits } from './days.ts';
import type { Work } from './turns.ts';

/** Ids looked at between two pauses. */
const PAUSE = 8_192;

/** Sorted label pairs, flat: name, value, name, value ... The metric's name is the label __name__. */
export type FlatLabels = readonly string[];

/**
 * All series in memory: labels to id, id to labels, and for each label name and value the ids that have it. Ids ascend
 * and are never used twice.
 */
export class SeriesIndex {
  readonly #ids = new Map<string, number>();
  readonly #labels: (FlatLabels | undefined)[] = [];
  readonly #names = new Map<string, Map<string, number[]>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** One more than the highest id ever given. */
  get next(): number {
    return this.#labels.length;
  }

  find(key: string): number | undefined {
    return this.#ids.get(key);
  }

  /** Adds a series that is not there, under an id that is at least `next`. */
  add(id: number, labels: FlatLabels): void {
    this.#ids.set(seriesKey(labels), id);
    while (this.#labels.length < id) this.#labels.push(undefined);
    this.#labels[id] = labels;
    this.#size++;
    for (let i = 0; i < labels.length; i += 2) {
      let values = this.#names.get(labels[i]!);
      if (!values) {
        values = new Map();
        this.#names.set(labels[i]!, values);
      }
      const ids = values.get(labels[i + 1]!);
      if (ids) ids.push(id);
      else values.set(labels[i + 1]!, [id]);
    }
  }

  remove(gone: ReadonlySet<number>): void {
    for (const id of gone) {
      const labels = this.#labels[id];
      if (!labels) continue;
      this.#ids.delete(seriesKey(labels));
      this.#labels[id] = undefined;
      this.#size--;
    }
    for (const [name, values] of this.#names) {
      for (const [value, ids] of values) {
        const kept = ids.filter((id) => !gone.has(id));
        if (kept.length === 0) values.delete(value);
        else if (kept.length < ids.length) values.set(value, kept);
      }
      if (values.size === 0) this.#names.delete(name);
    }
  }

  flatLabels(id: number): FlatLabels | undefined {
    return this.#labels[id];
  }

  labels(id: number): Record<string, string> {
    const flat = this.#labels[id] ?? [];
    const out: Record<string, string> = {};
    for (let i = 0; i < flat.length; i += 2) out[flat[i]!] = flat[i + 1]!;
    return out;
  }

  /** Ids, ascending, of the series that all matchers fit. No matcher: all. What comes or goes meanwhile may be in or not. */
  *select(matchers: readonly Matcher[]): Work<number[]> {
    // A list may grow while this pauses, and its newest would have passed only some of the matchers.
    const end = this.next;
    const lists: (readonly number[])[] = [];
    const tests: Matcher[] = [];
    for (const matcher of matchers) {
      if (matcher.operator !== '=' || matcher.value === '') tests.push(matcher);
      else lists.push(this.#names.get(matcher.name)?.get(matcher.value) ?? []);
    }
    lists.sort((a, b) => a.length - b.length);
    let ids: readonly number[] | null = lists.length > 0 ? upTo(lists[0]!, end) : null;
    for (const list of lists.slice(1)) ids = yield* intersect(ids!, list);
    for (const matcher of tests) {
      if (ids?.length === 0) break;
      const { marked, wanted } = yield* this.#mark(matcher, end);
      const kept: number[] = [];
      for (let i = 0; i < (ids?.length ?? end); i++) {
        if (i % PAUSE === PAUSE - 1) yield;
        const id = ids === null ? i : ids[i]!;
        if (marked.has(id) === wanted) kept.push(id);
      }
      ids = kept;
    }
    return yield* this.#present(ids, end);
  }

  all(): number[] {
    const ids: number[] = [];
    this.#labels.forEach((labels, id) => {
      if (labels) ids.push(id);
    });
    return ids;
  }

  /**
   * Marks the ids whose label has a value that fits. Where an empty value fits, and so do series without the label, it marks
   * those that do not: `wanted` says which it is.
   */
  *#mark(matcher: Matcher, end: number): Work<{ marked: SeriesBits; wanted: boolean }> {
    const wanted = !matchesEmpty(matcher);
    const fits = compileMatcher(matcher);
    const marked = new SeriesBits(new Uint8Array((end >>> 3) + 1));
    let done = 0;
    for (const [value, list] of this.#names.get(matcher.name) ?? []) {
      // A pattern may take a ms for a value.
      done += PAUSE >> 3;
      if (fits(value) === wanted) {
        done += list.length;
        for (const id of list) marked.add(id);
      }
      if (done > PAUSE) {
        done = 0;
        yield;
      }
    }
    return { marked, wanted };
  }

  /** Those that are there; null: all that are. */
  *#present(ids: readonly number[] | null, end: number): Work<number[]> {
    const kept: number[] = [];
    for (let i = 0; i < (ids?.length ?? end); i++) {
      if (i % PAUSE === PAUSE - 1) yield;
      const id = ids === null ? i : ids[i]!;
      if (this.#labels[id] !== undefined) kept.push(id);
    }
    return kept;
  }
}

/** The identity of a series as one text. Label texts may hold anything but are prefixed by their length, so no two meet. */
export function seriesKey(labels: FlatLabels): string {
  let key = '';
  for (const text of labels) key += `${text.length}:${text}`;
  return key;
}

/** The ids below `end`, in a list of their own. */
function upTo(ids: readonly number[], end: number): number[] {
  let length = ids.length;
  while (length > 0 && ids[length - 1]! >= end) length--;
  return ids.slice(0, length);
}

function* intersect(a: readonly number[], b: readonly number[]): Work<number[]> {
  const out: number[] = [];
  let j = 0;
  for (let i = 0; i < a.length; i++) {
    if (i % PAUSE === PAUSE - 1) yield;
    const id = a[i]!;
    while (j < b.length && b[j]! < id) j++;
    if (j === b.length) break;
    if (b[j] === id) out.push(id);
  }
  return out;
}
