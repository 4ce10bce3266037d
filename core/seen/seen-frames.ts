import { Ranges } from '../../lib/ranges.ts';
import type { DataClass } from '../../proto/class.ts';
import type { FrameId } from '../ports/frames.ts';
import type { SequenceRanges } from '../ports/metric-store.ts';
import { isKeyedBoot } from './keyed-boot.ts';

/** What is known of one (host, boot, class). */
export interface Seen {
  readonly host: string;
  readonly boot: string;
  readonly class: DataClass;
  readonly ranges: Ranges;
  /** Sequences that came more than once. */
  repeated: Ranges;
  /** ms since the epoch of the last frame; lets old boots be forgotten. */
  last: number;
  /** Changed since the last `takeChanged`. */
  changed: boolean;
}

/** As kept in a table. */
export interface SeenRow {
  readonly host: string;
  readonly boot: string;
  readonly class: DataClass;
  readonly ranges: string;
  readonly repeated: string;
  readonly last: number;
}

const REPEATED_INTERVALS = 1_000;
/** How long a request with an idempotency key is known, in ms. */
export const KEYED_MS = 86_400_000;
/** So many of them are known at most: the newest. */
export const KEYED_MOST = 250_000;

/** Which frames a store has, by (host, boot, class): intervals, so it stays small while sequences are nearly dense. */
export class SeenFrames {
  readonly #seen = new Map<string, Seen>();

  has(id: FrameId): boolean {
    return this.#seen.get(keyOf(id))?.ranges.has(id.sequence) ?? false;
  }

  add(id: FrameId, now: number): void {
    const seen = this.#of(id);
    seen.ranges.add(id.sequence);
    seen.last = Math.max(seen.last, now);
    seen.changed = true;
  }

  addRepeated(id: FrameId, now: number): void {
    const seen = this.#of(id);
    seen.repeated.add(id.sequence);
    if (seen.repeated.intervals > REPEATED_INTERVALS) seen.repeated = new Ranges(seen.repeated.pairs().slice(1));
    seen.last = Math.max(seen.last, now);
    seen.changed = true;
  }

  clear(): void {
    this.#seen.clear();
  }

  load(row: SeenRow): void {
    this.#seen.set(keyOf(row), {
      host: row.host,
      boot: row.boot,
      class: row.class,
      ranges: new Ranges(JSON.parse(row.ranges) as [number, number][]),
      repeated: new Ranges(JSON.parse(row.repeated) as [number, number][]),
      last: row.last,
      changed: false,
    });
  }

  /** The rows that changed since the last call, ready for a table. Put them back with `markChanged` if that fails. */
  takeChanged(): SeenRow[] {
    const rows: SeenRow[] = [];
    for (const seen of this.#seen.values()) {
      if (!seen.changed) continue;
      seen.changed = false;
      rows.push(rowOf(seen));
    }
    return rows;
  }

  markChanged(rows: readonly SeenRow[]): void {
    for (const row of rows) {
      const seen = this.#seen.get(keyOf(row));
      if (seen) seen.changed = true;
    }
  }

  rowsOf(ids: Iterable<FrameId>): SeenRow[] {
    const rows = new Map<string, SeenRow>();
    for (const id of ids) {
      const key = keyOf(id);
      const seen = this.#seen.get(key);
      if (seen && !rows.has(key)) rows.set(key, rowOf(seen));
    }
    return [...rows.values()];
  }

  /**
   * Forgets boots of which nothing came since `before`; a frame that old would be refused by its time anyway. Each request
   * with an idempotency key is a boot of its own: of those the newest of the day before `now` stay. Times in ms.
   */
  forget(before: number, now: number): { host: string; boot: string; class: DataClass }[] {
    const gone: { host: string; boot: string; class: DataClass }[] = [];
    const keyedBefore = Math.max(before, this.#keyedBefore(now));
    for (const [key, seen] of this.#seen) {
      if (seen.last >= (isKeyedBoot(seen.boot) ? keyedBefore : before)) continue;
      this.#seen.delete(key);
      gone.push({ host: seen.host, boot: seen.boot, class: seen.class });
    }
    return gone;
  }

  #keyedBefore(now: number): number {
    const lasts: number[] = [];
    for (const { boot, last } of this.#seen.values()) if (isKeyedBoot(boot)) lasts.push(last);
    if (lasts.length <= KEYED_MOST) return now - KEYED_MS;
    const sorted = Float64Array.from(lasts).sort();
    return Math.max(now - KEYED_MS, sorted[sorted.length - KEYED_MOST]!);
  }

  list(): SequenceRanges[] {
    return [...this.#seen.values()].map((seen) => ({
      host: seen.host,
      boot: seen.boot,
      class: seen.class,
      ranges: seen.ranges.pairs(),
      repeated: seen.repeated.pairs(),
    }));
  }

  #of(id: FrameId): Seen {
    const key = keyOf(id);
    let seen = this.#seen.get(key);
    if (!seen) {
      seen = {
        host: id.host,
        boot: id.boot,
        class: id.class,
        ranges: new Ranges(),
        repeated: new Ranges(),
        last: 0,
        changed: true,
      };
      this.#seen.set(key, seen);
    }
    return seen;
  }
}

/** One text for a frame, usable as a key. */
export function frameKey(id: FrameId): string {
  return `${keyOf(id)} ${id.sequence}`;
}

function keyOf(id: { host: string; boot: string; class: DataClass }): string {
  return `${id.boot} ${id.class} ${id.host}`;
}

function rowOf(seen: Seen): SeenRow {
  return {
    host: seen.host,
    boot: seen.boot,
    class: seen.class,
    ranges: JSON.stringify(seen.ranges.pairs()),
    repeated: JSON.stringify(seen.repeated.pairs()),
    last: seen.last,
  };
}
