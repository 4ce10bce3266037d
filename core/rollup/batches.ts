/** A batch of the bus that was taken: its position, and how many windows still need what is in it. */
interface Batch {
  /** Null: it was not taken to its end, and comes again. */
  next: string | null;
  held: number;
}

/** Who needs records of batches. */
interface Holder {
  batches: Set<number>;
}

/**
 * How far a partition of the bus is done with: up to the first batch of which a window is not written yet. What comes after it is read again after a
 * crash, so that nothing else has to keep what waits.
 */
export class Batches {
  readonly #batches = new Map<number, Batch>();
  #first = 0;
  #last = -1;
  #done: string | null = null;

  /** A batch comes; what is held from now on is of it. @param next its position */
  begin(next: string): void {
    this.#last++;
    // One while it is taken.
    this.#batches.set(this.#last, { next, held: 1 });
  }

  /** All of it was looked at. */
  end(): void {
    this.#letGo(this.#last);
  }

  /** It was not: it comes again, and only then its position counts. */
  fail(): void {
    this.#batches.get(this.#last)!.next = null;
    this.end();
  }

  /** A window needs the newest batch. */
  hold(holder: Holder): void {
    if (holder.batches.has(this.#last)) return;
    holder.batches.add(this.#last);
    this.#batches.get(this.#last)!.held++;
  }

  /** A window needs none of them any more. */
  release(holder: Holder): void {
    for (const number of holder.batches) this.#letGo(number);
    holder.batches.clear();
  }

  /** Up to where all is done, if that is news; it is asked for again until `committed`. */
  done(): string | null {
    for (;;) {
      const batch = this.#batches.get(this.#first);
      if (!batch || batch.held > 0) return this.#done;
      this.#batches.delete(this.#first);
      this.#first++;
      this.#done = batch.next ?? this.#done;
    }
  }

  /** The bus knows of it. */
  committed(position: string): void {
    if (this.#done === position) this.#done = null;
  }

  #letGo(number: number): void {
    const batch = this.#batches.get(number);
    if (batch) batch.held--;
  }
}
