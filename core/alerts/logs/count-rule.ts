import type { StoredLine } from '../../ports/log-store.ts';
import { type Found, groupOf, type LogRule } from './log-rule.ts';

/** Parts of the window: a count is exact to one of them. */
const PARTS = 60;
/** Lines of clocks that are ahead by more count as of now, ms. */
const AHEAD_MS = 60_000;
const EXAMPLE_CHARACTERS = 500;

interface Group {
  readonly labels: Readonly<Record<string, string>>;
  /** Counts by part, at its number modulo their number; and the newest part's number. */
  readonly counts: Float64Array;
  newest: number;
  lastTime: number;
  example: string;
}

/** More lines than so many within a time, of each group. By the lines' own time: what comes late counts where it belongs. */
export class CountRule implements LogRule {
  readonly #above: number;
  readonly #within: number;
  readonly #by: readonly string[];
  readonly #most: number;
  readonly #groups = new Map<string, Group>();
  over = 0;

  constructor(count: { above: number; within: number }, by: readonly string[], most: number) {
    this.#above = count.above;
    this.#within = count.within;
    this.#by = by;
    this.#most = most;
  }

  take(line: StoredLine, time: number, now: number): void {
    const at = time > now + AHEAD_MS ? now : time;
    if (at <= now - this.#within) return;
    const { key, labels } = groupOf(line, this.#by);
    let group = this.#groups.get(key);
    if (!group) {
      if (this.#groups.size >= this.#most) this.#letGo(now);
      if (this.#groups.size >= this.#most) {
        this.over++;
        return;
      }
      group = { labels, counts: new Float64Array(PARTS), newest: this.#part(at), lastTime: 0, example: '' };
      this.#groups.set(key, group);
    }
    this.#settle(group, now);
    this.#roll(group, this.#part(at));
    const part = this.#part(at);
    if (part <= group.newest - PARTS) return;
    group.counts[mod(part)]! += 1;
    if (at >= group.lastTime) {
      group.lastTime = at;
      group.example = line.message.slice(0, EXAMPLE_CHARACTERS);
    }
  }

  found(now: number): Found[] {
    const found: Found[] = [];
    for (const [key, group] of this.#groups) {
      const value = this.#sum(group, now);
      if (value === 0) this.#groups.delete(key);
      else if (value > this.#above) {
        const { labels, lastTime, example } = group;
        found.push({ labels, value, eventAt: lastTime, more: { example } });
      }
    }
    return found;
  }

  since(now: number): number {
    return now - this.#within;
  }

  /** What there was is in the log store. */
  state(): null {
    return null;
  }

  /** For who wants to see them: counts of all groups. */
  counts(now: number): { labels: Readonly<Record<string, string>>; lines: number }[] {
    return [...this.#groups.values()].map((group) => ({ labels: group.labels, lines: this.#sum(group, now) }));
  }

  #part(time: number): number {
    return Math.floor((time * PARTS) / this.#within);
  }

  /** The clock was set back by more than a window: what was counted is of a time that is to come, and begins anew. */
  #settle(group: Group, now: number): void {
    if (group.newest <= this.#part(now + this.#within + AHEAD_MS)) return;
    group.counts.fill(0);
    group.newest = this.#part(now);
    group.lastTime = 0;
  }

  #roll(group: Group, part: number): void {
    if (part <= group.newest) return;
    for (let one = Math.max(group.newest + 1, part - PARTS + 1); one <= part; one++) group.counts[mod(one)] = 0;
    group.newest = part;
  }

  #sum(group: Group, now: number): number {
    this.#settle(group, now);
    // A line of a clock that is ahead has moved it further already.
    this.#roll(group, this.#part(now));
    let sum = 0;
    for (const count of group.counts) sum += count;
    return sum;
  }

  #letGo(now: number): void {
    for (const [key, group] of this.#groups) if (this.#sum(group, now) === 0) this.#groups.delete(key);
  }
}

function mod(part: number): number {
  return ((part % PARTS) + PARTS) % PARTS;
}
