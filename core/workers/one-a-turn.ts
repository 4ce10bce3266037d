/**
 * Gives work that comes in pieces a turn of the event loop for each: who asks waits until those before it have had theirs, one in a turn. Many who
 * let others go first by themselves would all come again in the same turn, one behind the other.
 */
export class OneATurn {
  readonly #first: (() => void)[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #later: (run: () => void) => void;

  /** @param later runs something in a later turn: `setImmediate` */
  constructor(later: (run: () => void) => void) {
    this.#later = later;
  }

  /** Resolves in a turn that no other piece has. @param first before all that may wait */
  next(first = false): Promise<void> {
    return new Promise((resolve) => {
      (first ? this.#first : this.#waiting).push(resolve);
      if (this.#first.length + this.#waiting.length === 1) this.#later(() => this.#run());
    });
  }

  #run(): void {
    // Before it runs: what it does may ask again, and comes behind the others.
    if (this.#first.length + this.#waiting.length > 1) this.#later(() => this.#run());
    (this.#first.shift() ?? this.#waiting.shift())!();
  }
}
