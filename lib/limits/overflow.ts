/** Says of a series that others were added up in it, because there was no room for them by themselves. */
export const OVERFLOW_LABEL = 'heliograph_overflow';
/** What a series over a cap keeps: where it comes from, and what it measures. */
const KEPT: ReadonlySet<string> = new Set(['__name__', 'instance', 'site', 'job']);

/** The labels of the overflow series that a series folds into, sorted by name. */
export function overflowLabels(labels: readonly (readonly [string, string])[]): (readonly [string, string])[] {
  const kept = labels.filter(([name]) => KEPT.has(name));
  kept.push([OVERFLOW_LABEL, 'true']);
  return kept.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Overflow series of each host, of which there must not be too many either: a metric's name may be what grows. */
export class OverflowRoom {
  readonly #most: number;
  #byHost = new Map<string, Set<string>>();

  /** @param most of a host */
  constructor(most: number) {
    this.#most = most;
  }

  /** Whether the host may have this one. */
  has(host: string, labels: readonly (readonly [string, string])[]): boolean {
    const key = JSON.stringify(labels);
    let own = this.#byHost.get(host);
    if (own?.has(key)) return true;
    if ((own?.size ?? 0) >= this.#most) return false;
    if (!own) {
      own = new Set();
      this.#byHost.set(host, own);
    }
    own.add(key);
    return true;
  }

  /** They come again with who is folded next. */
  clear(): void {
    this.#byHost = new Map();
  }
}
