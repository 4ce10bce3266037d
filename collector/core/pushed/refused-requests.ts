/** Requests of one door that were refused for one reason, since the start. */
export interface RefusedRequest {
  readonly door: string;
  /** Of the error. */
  readonly code: string;
  readonly requests: number;
}

interface Kind {
  readonly door: string;
  readonly code: string;
  requests: number;
  /** Monotonic ms, and how many there were. */
  toldAt: number;
  told: number;
}

/** A flood is refused thousands of times; it is told in the log so often, ms. */
const TELL_MS = 60_000;

/** Requests of applications that were refused whole, by door and code: their application was told, and comes again or not. */
export class RefusedRequests {
  readonly #kinds = new Map<string, Kind>();
  readonly #mono: () => number;

  constructor(mono: () => number) {
    this.#mono = mono;
  }

  /** @returns how many of its kind there were since the log was told last; 0: it need not be told now */
  add(door: string, code: string): number {
    const key = `${door} ${code}`;
    let kind = this.#kinds.get(key);
    if (kind === undefined) {
      kind = { door, code, requests: 0, toldAt: Number.NEGATIVE_INFINITY, told: 0 };
      this.#kinds.set(key, kind);
    }
    kind.requests++;
    const now = this.#mono();
    if (now - kind.toldAt < TELL_MS) return 0;
    const since = kind.requests - kind.told;
    kind.toldAt = now;
    kind.told = kind.requests;
    return since;
  }

  all(): Iterable<RefusedRequest> {
    return this.#kinds.values();
  }
}
