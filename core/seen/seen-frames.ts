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
/** The classes of one host, and more where a boot is of several. */
const MOST_OF_BOOT = 8;
/** How long a request with an idempotency key is known, in ms. */
export const KEYED_MS = 86_400_000;
/** So many of them are known at most: the newest. */
export const KEYED_MOST = 250_000;

/** Which frames a store has, by (host, boot, class): intervals, so it stays small while sequences are nearly dense. */
export class SeenFrames {
  /** By boot, which nearly always is of one host: a frame is found without a text being made for it. */
  readonly #boots = new Map<string, Seen[]>();
  /** What is more than MOST_OF_BOOT of a boot, by a text. */
  readonly #others = new Map<string, Seen>();
  readonly #crowded = new Set<string>();

  has(id: FrameId): boolean {
    return this.#find(id)?.ranges.has(id.sequence) ?? false;
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
    this.#boots.clear();
    this.#others.clear();
    this.#crowded.clear();
  }

  load(row: SeenRow): void {
    this.#keep({
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
    for (const seen of this.#all()) {
      if (!seen.changed) continue;
      seen.changed = false;
      rows.push(rowOf(seen));
    }
    return rows;
  }

  markChanged(rows: readonly SeenRow[]): void {
    for (const row of rows) {
      const seen = this.#find(row);
      if (seen) seen.changed = true;
    }
  }

  rowsOf(ids: Iterable<FrameId>): SeenRow[] {
    const found = new Set<Seen>();
    for (const id of ids) {
      const seen = this.#find(id);
      if (seen) found.add(seen);
    }
    return Array.from(found, rowOf);
  }

  /**
   * Forgets boots of which nothing came since `before`; a frame that old would be refused by its time anyway. Each request
   * with an idempotency key is a boot of its own: of those the newest of the day before `now` stay. Times in ms.
   */
  forget(before: number, now: number): { host: string; boot: string; class: DataClass }[] {
    const gone: { host: string; boot: string; class: DataClass }[] = [];
    const keyedBefore = Math.max(before, this.#keyedBefore(now));
    for (const [boot, list] of this.#boots) {
      const least = isKeyedBoot(boot) ? keyedBefore : before;
      const left = list.filter(({ last }) => last >= least);
      if (left.length === list.length) continue;
      if (left.length === 0) this.#boots.delete(boot);
      else this.#boots.set(boot, left);
      for (const seen of list) {
        if (seen.last < least) gone.push({ host: seen.host, boot, class: seen.class });
      }
    }
    for (const [key, { host, boot, class: dataClass, last }] of this.#others) {
      if (last >= (isKeyedBoot(boot) ? keyedBefore : before)) continue;
      this.#others.delete(key);
      gone.push({ host, boot, class: dataClass });
    }
    return gone;
  }

  #keyedBefore(now: number): number {
    const lasts: number[] = [];
    for (const { boot, last } of this.#all()) if (isKeyedBoot(boot)) lasts.push(last);
    if (lasts.length <= KEYED_MOST) return now - KEYED_MS;
    const sorted = Float64Array.from(lasts).sort();
    return Math.max(now - KEYED_MS, sorted[sorted.length - KEYED_MOST]!);
  }

  list(): SequenceRanges[] {
    return Array.from(this.#all(), (seen) => ({
      host: seen.host,
      boot: seen.boot,
      class: seen.class,
      ranges: seen.ranges.pairs(),
      repeated: seen.repeated.pairs(),
    }));
  }

  *#all(): Generator<Seen> {
    for (const list of this.#boots.values()) yield* list;
    yield* this.#others.values();
  }

  #find(id: Pick<Seen, 'host' | 'boot' | 'class'>): Seen | undefined {
    const list = this.#boots.get(id.boot);
    if (list !== undefined) {
      for (const seen of list) if (seen.class === id.class && seen.host === id.host) return seen;
    }
    return this.#crowded.has(id.boot) ? this.#others.get(keyOf(id)) : undefined;
  }

  #of(id: FrameId): Seen {
    const there = this.#find(id);
    if (there) return there;
    const { host, boot, class: dataClass } = id;
    const made: Seen = {
      host,
      boot,
      class: dataClass,
      ranges: new Ranges(),
      repeated: new Ranges(),
      last: 0,
      changed: true,
    };
    this.#keep(made);
    return made;
  }

  #keep(seen: Seen): void {
    const list = this.#boots.get(seen.boot);
    if (list === undefined) this.#boots.set(seen.boot, [seen]);
    else if (list.length < MOST_OF_BOOT) list.push(seen);
    else {
      this.#crowded.add(seen.boot);
      this.#others.set(keyOf(seen), seen);
    }
  }
}

/** One text for a frame, usable as a key. */
export function frameKey(id: FrameId): string {
  return `${keyOf(id)} ${id.sequence}`;
}

function keyOf(id: Pick<Seen, 'host' | 'boot' | 'class'>): string {
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
