import type { ChainTotals, Count, RecordOutcome } from './contract.ts';
import type { Tally } from './record.ts';

type Pair = [number, number];

/** A cursor as it stands in the cursor log. Pairs are [records, items]. */
export interface CursorJson {
  floor: number;
  base: Pair;
  intervals: Pair[];
  out: Pair;
  repeated: Pair;
  dropped: Record<string, Pair>;
  /** [segment start, records, items] done in segments that are not wholly below the floor. */
  done: [number, number, number][];
}

/** How far one reader is: the floor, the parts above it that are acknowledged, and what became of the records. */
export class Cursor {
  readonly name: string;
  floor: number;
  /** Above the floor, half open, ascending, never touching one another or the floor. */
  intervals: Pair[] = [];
  /** What the chain had taken in before this reader was there. */
  readonly base: Tally;
  readonly out: Count = { records: 0, items: 0 };
  readonly repeated: Count = { records: 0, items: 0 };
  readonly dropped: Record<string, Count> = {};
  readonly queued: Count = { records: 0, items: 0 };
  /** By segment start: how many of its records are done. */
  readonly done = new Map<number, Count>();

  constructor(name: string, floor: number, base: Tally) {
    this.name = name;
    this.floor = floor;
    this.base = { ...base };
  }

  static fromJson(name: string, json: CursorJson): Cursor {
    const cursor = new Cursor(name, json.floor, toCount(json.base));
    cursor.intervals = json.intervals.map(([from, to]) => [from, to]);
    Object.assign(cursor.out, toCount(json.out));
    Object.assign(cursor.repeated, toCount(json.repeated));
    for (const [reason, pair] of Object.entries(json.dropped)) cursor.dropped[reason] = toCount(pair);
    for (const [start, records, items] of json.done) cursor.done.set(start, { records, items });
    return cursor;
  }

  toJson(): CursorJson {
    const dropped: Record<string, Pair> = {};
    for (const [reason, count] of Object.entries(this.dropped)) dropped[reason] = toPair(count);
    return {
      floor: this.floor,
      base: toPair(this.base),
      intervals: this.intervals,
      out: toPair(this.out),
      repeated: toPair(this.repeated),
      dropped,
      done: [...this.done].map(([start, count]) => [start, count.records, count.items]),
    };
  }

  /** The index of the first interval that ends after the position. */
  #find(position: number): number {
    let low = 0;
    let high = this.intervals.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.intervals[middle]![1] <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first position at or after this one that is not acknowledged. */
  skip(position: number): number {
    if (position < this.floor) return this.floor;
    const interval = this.intervals[this.#find(position)];
    return interval !== undefined && interval[0] <= position ? interval[1] : position;
  }

  covers(position: number): boolean {
    return this.skip(position) !== position;
  }

  /** Marks [from, to) as acknowledged, whatever of it was so before. */
  cover(from: number, to: number): void {
    const start = Math.max(from, this.floor);
    if (to <= start) return;
    let first = this.#find(start);
    if (first > 0 && this.intervals[first - 1]![1] === start) first--;
    let after = first;
    let low = start;
    let high = to;
    while (after < this.intervals.length && this.intervals[after]![0] <= to) {
      low = Math.min(low, this.intervals[after]![0]);
      high = Math.max(high, this.intervals[after]![1]);
      after++;
    }
    if (low === this.floor) {
      this.floor = high;
      this.intervals.splice(first, after - first);
    } else if (after === first + 1) {
      const interval = this.intervals[first]!;
      interval[0] = low;
      interval[1] = high;
    } else this.intervals.splice(first, after - first, [low, high]);
  }

  /** Counts records of a segment as done with this outcome; they must have been queued. */
  settle(segmentStart: number, records: number, items: number, outcome: RecordOutcome): void {
    this.#enter(records, items, outcome);
    this.queued.records -= records;
    this.queued.items -= items;
    const done = this.done.get(segmentStart);
    if (done === undefined) this.done.set(segmentStart, { records, items });
    else {
      done.records += records;
      done.items += items;
    }
  }

  #enter(records: number, items: number, outcome: RecordOutcome): void {
    if (typeof outcome === 'object' && 'rest' in outcome) {
      this.out.records += records;
      this.out.items += outcome.out;
      for (const [reason, lost] of Object.entries(outcome.rest)) this.#reason(reason).items += lost;
      return;
    }
    const count = outcome === 'out' ? this.out : outcome === 'repeated' ? this.repeated : this.#reason(outcome.dropped);
    count.records += records;
    count.items += items;
  }

  /** One record that stood among the dropped went out after all. @returns the first of the reasons that has room for it */
  regain(items: number, reasons: readonly string[], outcome: RecordOutcome): string | null {
    for (const reason of reasons) {
      const count = Object.hasOwn(this.dropped, reason) ? this.dropped[reason]! : null;
      if (count === null || count.records < 1 || count.items < items) continue;
      count.records--;
      count.items -= items;
      this.#enter(1, items, outcome);
      return reason;
    }
    return null;
  }

  #reason(name: string): Count {
    let count = Object.hasOwn(this.dropped, name) ? this.dropped[name] : undefined;
    if (count === undefined) {
      count = { records: 0, items: 0 };
      this.dropped[name] = count;
    }
    return count;
  }

  /** All that was settled so far. */
  settled(): Count {
    const sum = { records: this.out.records + this.repeated.records, items: this.out.items + this.repeated.items };
    for (const count of Object.values(this.dropped)) {
      sum.records += count.records;
      sum.items += count.items;
    }
    return sum;
  }

  totals(taken: Readonly<Tally>): ChainTotals {
    const dropped: Record<string, Count> = {};
    for (const [reason, count] of Object.entries(this.dropped)) dropped[reason] = { ...count };
    return {
      in: { records: taken.records - this.base.records, items: taken.items - this.base.items },
      out: { ...this.out },
      queued: { ...this.queued },
      repeated: { ...this.repeated },
      dropped,
    };
  }
}

function toPair(count: Readonly<Count>): Pair {
  return [count.records, count.items];
}

function toCount(pair: Readonly<Pair>): Count {
  return { records: pair[0], items: pair[1] };
}
