/** Whether something still goes on: a number that grows. */
export class Progress {
  #most: number | null = null;
  #grewAt: number;

  /** @param now ms on any clock */
  constructor(now: number) {
    this.#grewAt = now;
  }

  /** The number as it is now. @returns how much more that is than ever before, and for how many ms it has not grown */
  at(now: number, value: number): { readonly more: number; readonly stillFor: number } {
    const more = this.#most === null ? 0 : Math.max(0, value - this.#most);
    // The first look says where it stands, and is no progress yet.
    if (more > 0) this.#grewAt = now;
    this.#most = Math.max(this.#most ?? value, value);
    return { more, stillFor: now - this.#grewAt };
  }
}
