/** Things by name, of which what was not used for a while goes: two maps, and the older one is let go of when the younger is full. */
export class Generations<Value> {
  readonly #most: number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();
  #size = 0;

  /** @param most what one generation may hold, in the units of `set` */
  constructor(most: number) {
    this.#most = most;
  }

  get(name: string): Value | undefined {
    const young = this.#young.get(name);
    if (young !== undefined) return young;
    const old = this.#old.get(name);
    if (old !== undefined) this.#young.set(name, old);
    return old;
  }

  set(name: string, value: Value, size: number): void {
    this.#young.set(name, value);
    this.#size += size;
    if (this.#size < this.#most) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#size = 0;
  }
}
