/** What one sender brought. */
export interface SenderCount {
  messages: number;
  bytes: number;
  /** Messages that found no room. */
  dropped: number;
}

/** Senders that are counted by themselves: in UDP an address is whatever somebody writes. */
const MOST = 256;
export const OTHERS = 'others';

/** Counts by the address of the sender; those above a number together. */
export class Senders {
  readonly #counts = new Map<string, SenderCount>();

  of(address: string): SenderCount {
    let count = this.#counts.get(address);
    if (count !== undefined) return count;
    const name = this.#counts.size < MOST ? address : OTHERS;
    count = this.#counts.get(name);
    if (count === undefined) {
      count = { messages: 0, bytes: 0, dropped: 0 };
      this.#counts.set(name, count);
    }
    return count;
  }

  all(): IterableIterator<[string, SenderCount]> {
    return this.#counts.entries();
  }
}
