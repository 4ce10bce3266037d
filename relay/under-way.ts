/** Who takes longer holds no place any more, ms: clients that stall in the middle must not keep others out. */
const STALLED_MS = 5000;

/**
 * Handshakes that have begun and not ended. Where a machine does not manage what is admitted they would pile up, and clients would
 * give up in the middle of them, when half of their price is paid.
 */
export class UnderWay {
  /** When each began; the oldest first. */
  readonly #began = new Map<string, number>();

  /** @param who any name that no two connections have at once */
  begin(who: string, now: number): void {
    this.#began.set(who, now);
  }

  /** It is through, or over. */
  end(who: string): void {
    this.#began.delete(who);
  }

  /** How many hold a place. */
  count(now: number): number {
    for (const [who, began] of this.#began) {
      if (now - began < STALLED_MS) break;
      this.#began.delete(who);
    }
    return this.#began.size;
  }
}
