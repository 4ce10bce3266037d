import { Ranges } from '../../lib/ranges.ts';

/** Offsets of records of a class, by partition of the bus. */
export type Offsets = Map<number, Ranges>;

/** Offsets of one partition, from and to, as JSON. */
export interface OffsetsPart {
  readonly partition: number;
  readonly ranges: readonly (readonly [number, number])[];
}

/** Those of all parts, whatever their class. */
export function unionOf(parts: readonly OffsetsPart[]): Offsets {
  const union: Offsets = new Map();
  for (const { partition, ranges } of parts) {
    const there = union.get(partition) ?? new Ranges();
    union.set(partition, there);
    for (const [from, to] of ranges) there.addRange(from, to);
  }
  return union;
}

/** Those of `put` that are not among `there`. */
export function missingOf(put: Offsets, there: Offsets): Offsets {
  const missing: Offsets = new Map();
  for (const [partition, ranges] of put) {
    const has = there.get(partition) ?? new Ranges();
    const not = ranges.pairs().flatMap(([from, to]) => has.missing(from, to));
    if (not.length > 0) missing.set(partition, new Ranges(not));
  }
  return missing;
}

/** The same as JSON has it, by partition. */
export function partsOf(offsets: Offsets): OffsetsPart[] {
  return [...offsets].sort(([a], [b]) => a - b).map(([partition, ranges]) => ({ partition, ranges: ranges.pairs() }));
}

/** How many. */
export function sizeOf(offsets: Offsets): number {
  return [...offsets.values()].reduce((sum, { size }) => sum + size, 0);
}
