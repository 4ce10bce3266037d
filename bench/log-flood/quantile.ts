/** Counts at or below each edge of a Prometheus histogram, on a page as /metrics gives it. @param label the one it has beside `le`, such as `part="at_core"` */
export function bucketsOf(page: string, name: string, label?: string): ReadonlyMap<number, number> {
  const before = label === undefined ? '' : `${label},`;
  const found = page.matchAll(new RegExp(`^${name}_bucket\\{${before}le="([^"]+)"\\} (\\S+)$`, 'gm'));
  return new Map(
    [...found].map(([, edge, count]) => [edge === '+Inf' ? Number.POSITIVE_INFINITY : Number(edge), Number(count)]),
  );
}

/** The edge below which the share `q` of what was counted between two looks lies; NaN: nothing was. */
export function quantileBetween(
  before: ReadonlyMap<number, number>,
  after: ReadonlyMap<number, number>,
  q: number,
): number {
  const counts = [...after].map(([edge, count]) => [edge, count - (before.get(edge) ?? 0)] as const);
  const total = counts.at(-1)?.[1] ?? 0;
  if (total === 0) return Number.NaN;
  return counts.find(([, count]) => count >= q * total)![0];
}
