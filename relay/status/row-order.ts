import type { HostRow, Sort } from './contract.ts';

/** What of a row its place depends on. */
export type Ordered = Omit<HostRow, 'address'>;

/** Rows that have nothing to be sorted by come last. */
const NOTHING = -1;

/** By which number rows are sorted, the largest first. */
const WEIGHTS: Readonly<Record<Exclude<Sort, 'host'>, (row: Ordered) => number>> = {
  rate: (row) => row.itemsPerSecond ?? NOTHING,
  backlog: (row) => (row.waitingThere ?? 0) + row.waitingHere,
  skew: (row) => (row.skewMs === null ? NOTHING : Math.abs(row.skewMs)),
  series: (row) => row.series ?? NOTHING,
  drops: (row) => (row.droppedThere ?? 0) + row.droppedHere,
  certificate: (row) => -row.certificateEnds,
  since: (row) => row.since,
};

/** Less than 0: `a` stands before `b`. Equal ones stand by name, so that they keep their places from look to look. */
export function rowOrder(sort: Sort): (a: Ordered, b: Ordered) => number {
  const byName = (a: Ordered, b: Ordered) => (a.host < b.host ? -1 : a.host > b.host ? 1 : 0);
  if (sort === 'host') return byName;
  const weight = WEIGHTS[sort];
  return (a, b) => weight(b) - weight(a) || byName(a, b);
}
