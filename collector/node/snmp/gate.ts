/**
 * How many polls go on at once. Devices that did not answer last time get half of the places at most: however many hang, the others go on.
 */
export class Gate {
  readonly #places: number;
  readonly #placesForSuspects: number;
  #taken = 0;
  #suspects = 0;
  readonly #waiting: { readonly suspect: boolean; readonly go: () => void }[] = [];

  constructor(places: number) {
    this.#places = places;
    this.#placesForSuspects = Math.max(1, Math.floor(places / 2));
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Calls `go` when there is a place, now if there is one. */
  enter(suspect: boolean, go: () => void): void {
    this.#waiting.push({ suspect, go });
    this.#next();
  }

  /** @param suspect as it was when it entered */
  leave(suspect: boolean): void {
    this.#taken--;
    if (suspect) this.#suspects--;
    this.#next();
  }

  #next(): void {
    while (this.#taken < this.#places) {
      const at = this.#waiting.findIndex(({ suspect }) => !suspect || this.#suspects < this.#placesForSuspects);
      if (at < 0) return;
      const { suspect, go } = this.#waiting.splice(at, 1)[0]!;
      this.#taken++;
      if (suspect) this.#suspects++;
      go();
    }
  }
}
