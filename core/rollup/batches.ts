/** A batch of the bus that was taken. */
export interface Batch {
  /** Its position; null: it was not taken to its end, and comes again. */
  next: string | null;
  /** How many windows still need what is in it. */
  held: number;
}

/** Who needs records of batches. */
interface Holder {
  readonly batches: Set<Batch>;
}

/** A holder needs them no more. */
export function release({ batches }: Holder): void {
  for (const batch of batches) batch.held--;
  batches.clear();
}

/**
 * How far a partition of the bus is done with: up to the first batch of which a window is not done with. What comes after it is read again after a
 * crash, so that nothing else has to keep what waits. Of windows that are done with, some sketches may be read again and others not: the store is
 * asked for these (Windows.asksStore), since a position between no window's sketches need not exist where windows overlap all along.
 */
export class Batches {
  /** Not done with, in order. */
  #waiting: Batch[] = [];
  #done: string | null = null;

  /** A batch comes; what is held from now on is of it. @param next its position */
  begin(next: string): void {
    // One while it is taken.
    this.#waiting.push({ next, held: 1 });
  }

  /** All of it was looked at. */
  end(): void {
    this.#waiting.at(-1)!.held--;
  }

  /** It was not: it comes again, and only then its position counts. */
  fail(): void {
    this.#waiting.at(-1)!.next = null;
    this.end();
  }

  /** A window needs the newest batch. */
  hold({ batches }: Holder): void {
    const newest = this.#waiting.at(-1)!;
    if (batches.has(newest)) return;
    batches.add(newest);
    newest.held++;
  }

  /** Up to where all is done, if that is news; it is asked for again until `committed`. */
  done(): string | null {
    let over = 0;
    for (; over < this.#waiting.length && this.#waiting[over]!.held === 0; over++) {
      this.#done = this.#waiting[over]!.next ?? this.#done;
    }
    if (over > 0) this.#waiting = this.#waiting.slice(over);
    return this.#done;
  }

  /** The bus knows of it. */
  committed(position: string): void {
    if (this.#done === position) this.#done = null;
  }
}
