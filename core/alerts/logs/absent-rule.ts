import { z } from 'zod';
import type { StoredLine } from '../../ports/log-store.ts';
import { type Found, groupOf, type LogRule, labelsOfKey } from './log-rule.ts';

const stateSchema = z.object({ last: z.record(z.string(), z.number()), seen: z.number() });

/** Nothing more is heard of what has been silent for so many times the window: it is taken for gone for good, if nobody expects it. */
const FORGET_WINDOWS = 30;

/** No line within a time, of each group that was ever there or is expected. */
export class AbsentRule implements LogRule {
  readonly #within: number;
  readonly #by: readonly string[];
  readonly #most: number;
  /** When each group had its last line; of one that is expected and had none, when it was expected first. */
  readonly #last = new Map<string, number>();
  readonly #expected: ReadonlySet<string>;
  /** Up to when lines were looked at before this start. */
  readonly #seen: number | null;
  #dirty = true;
  over = 0;

  /** @param state of before a restart @param now ms since the epoch */
  constructor(
    absent: { within: number; expect: readonly string[] },
    by: readonly string[],
    most: number,
    state: unknown,
    now: number,
  ) {
    this.#within = absent.within;
    this.#by = by;
    this.#most = most;
    const before = stateSchema.safeParse(state);
    this.#seen = before.success ? before.data.seen : null;
    if (before.success) {
      // A clock that was set back meanwhile makes nobody deaf.
      for (const [key, at] of Object.entries(before.data.last)) this.#last.set(key, Math.min(at, now));
    }
    const expected = by.length === 0 ? [''] : absent.expect.filter((key) => labelsOfKey(key, by) !== null);
    this.#expected = new Set(expected);
    for (const key of expected) if (!this.#last.has(key)) this.#last.set(key, now);
  }

  take(line: StoredLine, time: number, now: number): void {
    const { key } = groupOf(line, this.#by);
    const at = Math.min(time, now);
    const last = this.#last.get(key);
    if (last === undefined && this.#last.size >= this.#most) {
      this.over++;
      return;
    }
    if (last !== undefined && last >= at) return;
    this.#last.set(key, at);
    this.#dirty = true;
  }

  found(now: number): Found[] {
    const found: Found[] = [];
    for (const [key, last] of this.#last) {
      const silent = now - last;
      if (silent > FORGET_WINDOWS * this.#within && !this.#expected.has(key)) {
        this.#last.delete(key);
        this.#dirty = true;
      } else if (silent >= this.#within) {
        const labels = labelsOfKey(key, this.#by) ?? {};
        found.push({
          ...{ labels, value: Math.round(silent / 1000), eventAt: last + this.#within },
          more: { last: new Date(last).toISOString() },
        });
      }
    }
    return found;
  }

  since(now: number): number {
    // A minute more: lines are stored a little after their time.
    return Math.max(now - this.#within, (this.#seen ?? 0) - 60_000);
  }

  state(): object | null {
    if (!this.#dirty) return null;
    this.#dirty = false;
    return { last: Object.fromEntries(this.#last), seen: Math.max(0, ...this.#last.values()) };
  }
}
