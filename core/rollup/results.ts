import { sumOf } from '../../lib/compensated.ts';
import { type Distribution, type DistributionPlan, PLAIN_RESULTS } from '../../lib/distribution.ts';
import { quantileOf } from '../../lib/sketch.ts';
import { type PageSeries, ROLLED_INSTANCE } from '../../proto/page.ts';

/** One value of a window over all relays. */
export interface MergedSample {
  readonly series: PageSeries;
  /** The window's end, ms since the epoch. */
  readonly time: number;
  readonly value: number;
}

/**
 * What is written of a window: under the names that a relay gives to the outputs of its own rules, without relay and site.
 * @param series the group's: its name is what the outputs' names begin with
 */
export function mergedSamples(
  series: PageSeries,
  time: number,
  plan: DistributionPlan,
  distribution: Distribution,
): MergedSample[] {
  const labels = series.labels.map(([name, value]) => [name === ROLLED_INSTANCE ? 'instance' : name, value] as const);
  const samples: MergedSample[] = [];
  const add = (suffix: string, value: number, own?: readonly [string, string]) => {
    const all = own ? [...labels.filter(([name]) => name !== own[0]), own] : [...labels];
    all.sort((a, b) => (a[0] < b[0] ? -1 : 1));
    samples.push({ series: { name: `${series.name}_${suffix}`, labels: all }, time, value });
  };
  const { sketch, sum, buckets } = distribution;
  for (const name of plan.plain) add(name, PLAIN_RESULTS[name]!(distribution));
  for (const phi of plan.quantiles) add('quantiles', quantileOf(sketch, phi), ['quantile', String(phi)]);
  if (plan.bounds.length === 0) return samples;
  let below = 0;
  for (const [i, count] of buckets.entries()) {
    below += count;
    add('histogram_bucket', below, ['le', i < plan.bounds.length ? String(plan.bounds[i]) : '+Inf']);
  }
  add('histogram_count', sketch.count);
  add('histogram_sum', sumOf(sum));
  return samples;
}

/** The name of a series that every written window of these outputs has. */
export function markName(name: string, { plain, quantiles }: DistributionPlan): string {
  return `${name}_${plain[0] ?? (quantiles.length > 0 ? 'quantiles' : 'histogram_count')}`;
}
