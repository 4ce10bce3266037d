/** A client may have so many times what is free: one alone three quarters of all, ten of them a tenth each, and there is always room for another. */
const OF_FREE = 3;

/**
 * Bytes of a pool, and whose they are. Nobody has a fixed part of it: a client that is alone has nearly all, and the more take of it the less each
 * may have. So one that floods is told to wait, or is not read, while the others are served.
 */
export class Shares {
  readonly #most: number;
  readonly #own = new Map<string, number>();
  bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Bytes of one client. */
  of(client: string): number {
    return this.#own.get(client) ?? 0;
  }

  get full(): boolean {
    return this.bytes >= this.#most;
  }

  /** Whether so many bytes more have no room at all; one body always has, where there is nothing else. */
  exceeds(bytes: number): boolean {
    return this.bytes > 0 && this.bytes + bytes > this.#most;
  }

  /** Whether the client would have more than its share. @param beside of its bytes, those that do not count: one body of each has room as long as there is any */
  unfair(client: string, bytes: number, beside = 0): boolean {
    const own = this.of(client) - beside;
    return own > 0 && own + bytes > OF_FREE * (this.#most - this.bytes);
  }

  add(client: string, bytes: number): void {
    this.bytes += bytes;
    this.#own.set(client, this.of(client) + bytes);
  }

  leave(client: string, bytes: number): void {
    this.bytes -= bytes;
    const own = this.of(client) - bytes;
    if (own > 0) this.#own.set(client, own);
    else this.#own.delete(client);
  }
}
