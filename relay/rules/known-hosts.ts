import { HOST_UP } from './expression.ts';

/** Hosts that are remembered at once; further ones are not watched, and counted. */
const MOST_HOSTS = 100_000;

export interface KnownHostsParts {
  /** Hosts that should be there, though they never came. */
  readonly expected: readonly string[];
  /** A host that was away for so long is known no more, ms. */
  readonly forgetMs: number;
  readonly site: string;
  /** Connected now. */
  readonly connected: () => Iterable<{ readonly host: string }>;
  /** Went just after the relay itself had stood still, so that nobody can say whether it is dead. */
  readonly doubtful: (host: string) => boolean;
  /** Went to another relay, which has taken it in: it is not silent, and that one watches it. */
  readonly moved: (host: string) => boolean;
}

/** Which hosts there are, and which of them are silent: what heartbeat rules ask. */
export class KnownHosts {
  readonly #parts: KnownHostsParts;
  readonly #expected: ReadonlySet<string>;
  /** When each was seen last, ms since the epoch. */
  readonly #seen = new Map<string, number>();
  /** That were there at the last look, or nobody knows better. */
  #up: ReadonlySet<string> = new Set();
  unwatched = 0;

  constructor(parts: KnownHostsParts) {
    this.#parts = parts;
    this.#expected = new Set(parts.expected);
  }

  get size(): number {
    return this.#seen.size;
  }

  get down(): number {
    let count = 0;
    for (const host of this.#hosts()) if (!this.#up.has(host)) count++;
    return count;
  }

  /** Puts back who was known before the relay started again. */
  restore(seen: readonly (readonly [string, number])[]): void {
    for (const [host, at] of seen) this.#seen.set(host, at);
  }

  toData(): [string, number][] {
    return [...this.#seen];
  }

  /** Looks who is there. @param now ms since the epoch @returns whether somebody new was seen, or one is forgotten */
  look(now: number): boolean {
    const { connected, doubtful, moved, forgetMs } = this.#parts;
    let changed = false;
    const up = new Set<string>();
    for (const { host } of connected()) {
      if (!this.#seen.has(host)) {
        if (this.#seen.size >= MOST_HOSTS) {
          this.unwatched++;
          continue;
        }
        changed = true;
      }
      this.#seen.set(host, now);
      up.add(host);
    }
    for (const [host, at] of this.#seen) {
      if (up.has(host)) continue;
      if (this.#up.has(host) && doubtful(host)) up.add(host);
      else if (moved(host) || now - at > forgetMs) {
        this.#seen.delete(host);
        changed = true;
      }
    }
    this.#up = up;
    return changed;
  }

  /** The series: labels and 1 or 0. */
  *series(): Generator<{ labels: Record<string, string>; value: number }> {
    const { site } = this.#parts;
    for (const host of this.#hosts()) {
      yield { labels: { __name__: HOST_UP, instance: host, site }, value: this.#up.has(host) ? 1 : 0 };
    }
  }

  *#hosts(): Generator<string> {
    yield* this.#seen.keys();
    for (const host of this.#expected) if (!this.#seen.has(host) && !this.#parts.moved(host)) yield host;
  }
}
