const LEAST_SLOTS = 64;

/**
 * How many series each scope has (a metric, a host, a metric of a host, an order), by 32 bits of the scope's hash: eight bytes a slot, filled to
 * seven tenths at most. A fleet has millions of metrics of hosts; two of ten million scopes that share their 32 bits, as one in some hundred does,
 * share their room, too.
 */
export class ScopeCounts {
  #hashes = new Uint32Array(LEAST_SLOTS);
  /** 0: the slot is empty. */
  #counts = new Uint32Array(LEAST_SLOTS);
  size = 0;

  count(hash: number): number {
    return this.#counts[this.#place(hash)]!;
  }

  enter(hash: number): void {
    let at = this.#place(hash);
    if (this.#counts[at] === 0) {
      if ((this.size + 1) * 10 > this.#counts.length * 7) {
        this.#rebuild(this.#counts.length * 2);
        at = this.#place(hash);
      }
      this.#hashes[at] = hash;
      this.size++;
    }
    this.#counts[at]!++;
  }

  leave(hash: number): void {
    const at = this.#place(hash);
    if (--this.#counts[at]! > 0) return;
    this.size--;
    this.#close(at);
    if (this.#counts.length > LEAST_SLOTS && this.size * 8 < this.#counts.length)
      this.#rebuild(this.#counts.length / 2);
  }

  get bytes(): number {
    return this.#counts.length * 8;
  }

  /** Where it stands, or would. */
  #place(hash: number): number {
    const mask = this.#counts.length - 1;
    let at = hash & mask;
    while (this.#counts[at] !== 0 && this.#hashes[at] !== hash) at = (at + 1) & mask;
    return at;
  }

  /** Who stands behind an empty slot, and would have stood in it or before it, moves up. */
  #close(from: number): void {
    const mask = this.#counts.length - 1;
    let hole = from;
    for (let next = (hole + 1) & mask; this.#counts[next] !== 0; next = (next + 1) & mask) {
      const home = this.#hashes[next]! & mask;
      if (((next - home) & mask) < ((next - hole) & mask)) continue;
      this.#hashes[hole] = this.#hashes[next]!;
      this.#counts[hole] = this.#counts[next]!;
      this.#counts[next] = 0;
      hole = next;
    }
  }

  #rebuild(slots: number): void {
    const [hashes, counts] = [this.#hashes, this.#counts];
    this.#hashes = new Uint32Array(slots);
    this.#counts = new Uint32Array(slots);
    for (let old = 0; old < counts.length; old++) {
      if (counts[old] === 0) continue;
      const at = this.#place(hashes[old]!);
      this.#hashes[at] = hashes[old]!;
      this.#counts[at] = counts[old]!;
    }
  }
}
