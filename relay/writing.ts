import type { Registry } from '../lib/metrics.ts';

/** Connections that go on at once, before it is looked again whether there is room. */
const AT_ONCE = 64;

/** A connection that is not read until there is room. */
export interface Parked {
  /** There is room again. */
  unpark(): void;
}

/**
 * Bytes of all connections that are on their way to the disk. Each connection has a cap of its own, but ten thousand of
 * them on a disk that stands still for a moment would fill the memory: over the limit nobody is read further, and those
 * who wait go on in turn.
 */
export class Writing {
  readonly #limit: number;
  readonly #parked = new Set<Parked>();
  #bytes = 0;
  #releasing = false;

  constructor(limit: number, metrics: Registry) {
    this.#limit = limit;
    metrics
      .gauge('heliograph_relay_writing_bytes', 'Bytes of frames and definitions that are on their way to the disk.')
      .collect(() => [[{}, this.#bytes]]);
    metrics
      .gauge(
        'heliograph_relay_connections_parked',
        'Connections that are not read because too much is on its way to the disk.',
      )
      .collect(() => [[{}, this.#parked.size]]);
  }

  get full(): boolean {
    return this.#bytes >= this.#limit;
  }

  enter(bytes: number): void {
    this.#bytes += bytes;
  }

  leave(bytes: number): void {
    this.#bytes -= bytes;
    this.#release();
  }

  /** Calls `unpark` when there is room. */
  park(parked: Parked): void {
    this.#parked.add(parked);
  }

  /** The connection is gone. */
  forget(parked: Parked): void {
    this.#parked.delete(parked);
  }

  #release(): void {
    if (this.#releasing || this.full || this.#parked.size === 0) return;
    this.#releasing = true;
    let count = 0;
    for (const parked of this.#parked) {
      if (count++ === AT_ONCE || this.full) break;
      this.#parked.delete(parked);
      parked.unpark();
    }
    // After those have been read: what they brought counts.
    setImmediate(() => {
      this.#releasing = false;
      this.#release();
    });
  }
}
