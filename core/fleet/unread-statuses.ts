/** Some ms of work. */
const AT_ONCE = 100;

/**
 * Statuses that came with a long report and are not decoded yet, the newest of each host. They are read in pieces, some in each turn of the event
 * loop: those of 10,000 hosts would hold the main thread for most of a second.
 */
export class UnreadStatuses {
  readonly #read: (host: string, bytes: Uint8Array) => void;
  readonly #waiting = new Map<string, Uint8Array>();
  #reading = false;

  /** @param read called for each in its turn */
  constructor(read: (host: string, bytes: Uint8Array) => void) {
    this.#read = read;
  }

  /** How many of one report are read as they come. */
  static readonly atOnce = AT_ONCE;

  /** It waits its turn, in the place of an older one. */
  put(host: string, bytes: Uint8Array): void {
    this.#waiting.set(host, bytes);
    if (this.#reading) return;
    this.#reading = true;
    setImmediate(() => this.#readSome());
  }

  /** A newer one was read: what waits of this host is of no use any more. */
  forget(host: string): void {
    this.#waiting.delete(host);
  }

  #readSome(): void {
    let left = AT_ONCE;
    for (const [host, bytes] of this.#waiting) {
      if (left-- === 0) break;
      this.#waiting.delete(host);
      this.#read(host, bytes);
    }
    this.#reading = this.#waiting.size > 0;
    if (this.#reading) setImmediate(() => this.#readSome());
  }
}
