/** How many observations of a histogram are at most so large, by upper edge, ascending; the last edge is infinite. */
export type Buckets = readonly (readonly [edge: number, count: number])[];

/** Of a page of Prometheus' text format. */
export function bucketsOf(page: string, name: string): Buckets {
  const found = page.matchAll(new RegExp(`^${name}_bucket\\{le="([^"]+)"\\} (\\d+)$`, 'gm'));
  return Array.from(found, ([, edge, count]) => [Number(edge!.replace('+Inf', 'Infinity')), Number(count)] as const);
}

/** A quantile of what was observed between two pages, within a bucket as histogram_quantile has it; null: nothing was. @param share 0 to 1 */
export function quantileBetween(before: Buckets, after: Buckets, share: number): number | null {
  const earlier = new Map(before);
  const counts = after.map(([edge, count]) => [edge, count - (earlier.get(edge) ?? 0)] as const);
  const all = counts.at(-1)?.[1] ?? 0;
  if (all === 0) return null;
  const rank = share * all;
  const at = counts.findIndex(([, count]) => count >= rank);
  const [low, less] = at === 0 ? [0, 0] : counts[at - 1]!;
  const [high, most] = counts[at]!;
  // More than the largest edge: nobody knows how much.
  return Number.isFinite(high) ? low + ((high - low) * (rank - less)) / (most - less) : low;
}
