/** What a table of the heaviest keys needs of an entry. */
export interface Weighed {
  /** Grows only, but for `weighAgain`. */
  readonly weight: number;
}

interface Place<Entry> {
  readonly key: string;
  readonly entry: Entry;
  /** What it weighed when it was put into its place in the heap; it may be more by now. */
  weight: number;
}

/**
 * The heaviest keys of a stream, as many as there is room for: Space-Saving (Metwally and others, 2005). A key that finds the
 * table full takes the place of the lightest and begins with its weight, which is how much it may be overrated by; a key heavier than
 * all weight over the size of the table is always in it.
 */
export class TopKeys<Entry extends Weighed> {
  readonly #most: number;
  readonly #make: (key: string, inherited: number) => Entry;
  readonly #byKey = new Map<string, Place<Entry>>();
  /** The lightest first, by the weights in it, each of which is at most the entry's own. */
  readonly #heap: Place<Entry>[] = [];

  /** @param make an entry whose weight begins with `inherited` */
  constructor(most: number, make: (key: string, inherited: number) => Entry) {
    this.#most = most;
    this.#make = make;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** The entry of a key; undefined: it is not among the heaviest. */
  get(key: string): Entry | undefined {
    return this.#byKey.get(key)?.entry;
  }

  /** The same; where there is none, one is made. */
  of(key: string): Entry {
    const there = this.#byKey.get(key);
    if (there) return there.entry;
    if (this.#heap.length < this.#most) return this.#enter(key, 0);
    const { key: lightest, weight } = this.#lightest();
    this.#byKey.delete(lightest);
    this.#pop();
    return this.#enter(key, weight);
  }

  *entries(): Iterable<readonly [string, Entry]> {
    for (const [key, { entry }] of this.#byKey) yield [key, entry];
  }

  delete(keep: (entry: Entry) => boolean): void {
    for (const [key, { entry }] of this.#byKey) if (!keep(entry)) this.#byKey.delete(key);
    this.weighAgain();
  }

  /** Weights may have become less. */
  weighAgain(): void {
    this.#heap.length = 0;
    for (const place of this.#byKey.values()) {
      place.weight = place.entry.weight;
      this.#heap.push(place);
    }
    this.#heap.sort((a, b) => a.weight - b.weight);
  }

  #enter(key: string, inherited: number): Entry {
    const entry = this.#make(key, inherited);
    const place = { key, entry, weight: inherited };
    this.#byKey.set(key, place);
    this.#heap.push(place);
    this.#up(this.#heap.length - 1);
    return entry;
  }

  /** The root, once it stands there with what it weighs now. */
  #lightest(): Place<Entry> {
    for (;;) {
      const root = this.#heap[0]!;
      const weight = root.entry.weight;
      if (weight <= root.weight) return root;
      root.weight = weight;
      this.#down(0);
    }
  }

  #pop(): void {
    const last = this.#heap.pop()!;
    if (this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#down(0);
  }

  #up(from: number): void {
    const heap = this.#heap;
    const place = heap[from]!;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent]!.weight <= place.weight) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = place;
  }

  #down(from: number): void {
    const heap = this.#heap;
    const place = heap[from]!;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.weight < heap[child]!.weight) child++;
      if (heap[child]!.weight >= place.weight) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = place;
  }
}
