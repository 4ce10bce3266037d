import type { Matcher } from '../ports/metric-store.ts';
import { compileMatcher, matchesEmpty } from '../promql/matchers.ts';

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

  /** Ids, ascending, of the series that all matchers fit. No matcher: all. */
  select(matchers: readonly Matcher[]): number[] {
    const lists: number[][] = [];
    const others: Matcher[] = [];
    for (const matcher of matchers) {
      if (matchesEmpty(matcher)) others.push(matcher);
      else lists.push(this.#having(matcher));
    }
    lists.sort((a, b) => a.length - b.length);
    let ids = lists[0] ?? this.all();
    for (let i = 1; i < lists.length && ids.length > 0; i++) ids = intersect(ids, lists[i]!);
    // What fits an empty value fits series without the label: taken away is what has a value that does not fit.
    for (const matcher of others) {
      if (ids.length === 0) break;
      const refused = new Set<number>();
      const fits = compileMatcher(matcher);
      for (const [value, list] of this.#names.get(matcher.name) ?? []) {
        if (!fits(value)) for (const id of list) refused.add(id);
      }
      if (refused.size > 0) ids = ids.filter((id) => !refused.has(id));
    }
    return ids;
  }

  all(): number[] {
    const ids: number[] = [];
    this.#labels.forEach((labels, id) => {
      if (labels) ids.push(id);
    });
    return ids;
  }

  /** Ids of series whose label has a value that fits. */
  #having(matcher: Matcher): number[] {
    const values = this.#names.get(matcher.name);
    if (!values) return [];
    if (matcher.operator === '=') return values.get(matcher.value) ?? [];
    const fits = compileMatcher(matcher);
    const found: number[][] = [];
    for (const [value, ids] of values) if (fits(value)) found.push(ids);
    if (found.length === 1) return found[0]!;
    return found.flat().sort((a, b) => a - b);
  }
}

/** The identity of a series as one text. Label texts may hold anything but are prefixed by their length, so no two meet. */
export function seriesKey(labels: FlatLabels): string {
  let key = '';
  for (const text of labels) key += `${text.length}:${text}`;
  return key;
}

function intersect(a: readonly number[], b: readonly number[]): number[] {
  const out: number[] = [];
  let j = 0;
  for (const id of a) {
    while (j < b.length && b[j]! < id) j++;
    if (j === b.length) break;
    if (b[j] === id) out.push(id);
  }
  return out;
}
