/** Hosts remembered; beyond, those that came first are forgotten, and are new when they come again. */
const MOST_HOSTS = 200_000;

/**
 * Since when hosts have been sending. What a host brings when it comes is what it has, be it the whole fleet after a restart;
 * what it brings later is growth.
 */
export class HostAges {
  readonly #settleMs: number;
  readonly #from = new Map<string, number>();

  /** @param settleMs how long what a host brings is what it has */
  constructor(settleMs: number) {
    this.#settleMs = settleMs;
  }

  /** Whether the host has been here for long enough; the first time it is asked about counts. @param now ms */
  settled(host: string, now: number): boolean {
    const from = this.#from.get(host);
    if (from !== undefined) return now - from >= this.#settleMs;
    if (this.#from.size >= MOST_HOSTS) this.#from.delete(this.#from.keys().next().value!);
    this.#from.set(host, now);
    return this.#settleMs <= 0;
  }
}
