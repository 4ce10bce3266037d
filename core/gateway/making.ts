/** Samples that may wait for their series to be made without holding a place in the lane: some tens of MB. */
const MOST_SAMPLES = 4_000_000;

/**
 * Room for frames whose series the store has to make first. While there is some, such frames keep none behind them waiting; beyond it they hold their place in
 * the lane, as all others do, so that memory does not grow.
 */
export class Making {
  #samples = 0;

  /** @returns whether there is room; `leave` is to be called then */
  enter(samples: number): boolean {
    if (this.#samples + samples > MOST_SAMPLES && this.#samples > 0) return false;
    this.#samples += samples;
    return true;
  }

  leave(samples: number): void {
    this.#samples -= samples;
  }
}
