import { sumOf } from '../../lib/compensated.ts';
import type { DistributionPlan } from '../../lib/distribution.ts';
import { quantileOf } from '../../lib/sketch.ts';
import { PLAIN_RESULTS, type WindowPart } from '../../lib/window-part.ts';
import { type PageSeries, ROLLED_INSTANCE } from '../../proto/page.ts';
import type { Origin } from './group-labels.ts';

/** One value of a window over all relays. */
export interface MergedSample {
  readonly series: PageSeries;
  /** The window's end, ms since the epoch. */
  readonly time: number;
  readonly value: number;
}

/** A window, as far as what is written of it goes. */
export interface ResultWindow {
  /** The group's: its name is what the outputs' names begin with. */
  readonly series: PageSeries;
  /** ms since the epoch */
  readonly end: number;
  /** ms; 0 where no output needs it. */
  readonly interval: number;
  readonly plan: DistributionPlan;
  readonly origin: Origin;
}

/** The outputs that one process alone writes of a window, too. `total` is not among them: see totalSample. */
export function mergedSamples(window: ResultWindow, part: WindowPart): MergedSample[] {
  const { plan, interval } = window;
  const samples: MergedSample[] = [];
  const add = (suffix: string, value: number, own?: readonly [string, string]) => {
    samples.push(sampleOf(window, suffix, window.end, value, own));
  };
  const { sketch, sum, buckets } = part.distribution;
  for (const name of plan.plain) if (name !== TOTAL) add(name, PLAIN_RESULTS[name]!(part, interval / 1000));
  for (const phi of plan.quantiles) add('quantiles', quantileOf(sketch, phi), ['quantile', String(phi)]);
  if (plan.bounds.length === 0) return samples;
  let below = 0;
  for (const [i, count] of buckets.entries()) {
    below += count;
    add('histogram_bucket', below, ['le', i < plan.bounds.length ? String(plan.bounds[i]) : '+Inf']);
  }
  // As a relay of one process has it.
  if (window.origin) return samples;
  add('histogram_count', sketch.count);
  add('histogram_sum', sumOf(sum));
  return samples;
}

/** The output that runs on from window to window. */
const TOTAL = 'total';

export function hasTotal({ plain }: DistributionPlan): boolean {
  return plain.includes(TOTAL);
}

/** What a group's counter came to at the end of one of its windows. */
export function totalSample(window: ResultWindow, end: number, total: number): MergedSample {
  return sampleOf(window, TOTAL, end, total);
}

/** Under the names that a relay gives to the outputs of its own rules; without relay and site, where it is of all relays. */
function sampleOf(
  { series, origin }: ResultWindow,
  suffix: string,
  time: number,
  value: number,
  own?: readonly [string, string],
): MergedSample {
  const labels = series.labels
    .filter(([name]) => name !== own?.[0])
    .map(([name, text]) => [name === ROLLED_INSTANCE ? 'instance' : name, text] as const);
  if (own) labels.push(own);
  if (origin) labels.push(['relay', origin.relay], ['site', origin.site]);
  labels.sort((a, b) => (a[0] < b[0] ? -1 : 1));
  return { series: { name: `${series.name}_${suffix}`, labels }, time, value };
}

/** The name of a series that every written window of these outputs has. */
export function markName(name: string, { plain, quantiles }: DistributionPlan): string {
  return `${name}_${plain[0] ?? (quantiles.length > 0 ? 'quantiles' : 'histogram_count')}`;
}
