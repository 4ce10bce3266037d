/** What is left of a lot: until nothing but a disk is waited for, and until all of it is over. */
interface Lot {
  /** Never rejects. */
  readonly held: Promise<void>;
  readonly done: Promise<void>;
}

/**
 * The lots of one block on their way to a store, as many at once as are started. When one fails the block fails, but not before the others are
 * accepted or over as well: whoever is told of the failure gives the block's place to another, and what still holds frames would come on top of that.
 */
export class Lots {
  readonly #onAccepted: () => void;
  readonly #lots: Lot[] = [];
  /** One more than lots that are not accepted: that all were started. */
  #unaccepted = 1;
  #failed = false;

  /** @param onAccepted called once, when all were started and each is accepted */
  constructor(onAccepted: () => void) {
    this.#onAccepted = onAccepted;
  }

  /** A further lot would be written for nothing: the block must come again. */
  get failed(): boolean {
    return this.#failed;
  }

  /** @param write calls `accepted` once when all that is left is to wait for a disk, before it resolves at the latest */
  start(write: (accepted: () => void) => Promise<void>): void {
    this.#unaccepted++;
    const held = Promise.withResolvers<void>();
    const done = write(() => {
      held.resolve();
      this.#accepted();
    });
    done.then(held.resolve, () => {
      this.#failed = true;
      held.resolve();
    });
    this.#lots.push({ held: held.promise, done });
  }

  /** No more are started. Resolves when all are over; rejects with what the first to fail said. */
  async end(): Promise<void> {
    this.#accepted();
    await this.quiet();
    await Promise.all(this.#lots.map(({ done }) => done));
  }

  /** Resolves when each of those started is accepted or over; never rejects. */
  async quiet(): Promise<void> {
    await Promise.all(this.#lots.map(({ held }) => held));
  }

  #accepted(): void {
    if (--this.#unaccepted === 0) this.#onAccepted();
  }
}
