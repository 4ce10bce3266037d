/** Counts at or below each edge of a Prometheus histogram, on a page as /metrics gives it. */
export function bucketsOf(page: string, name: string): ReadonlyMap<number, number> {
  const found = page.matchAll(new RegExp(`^${name}_bucket\\{le="([^"]+)"\\} (\\S+)$`, 'gm'));
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
