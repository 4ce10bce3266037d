import type { GrowthTold } from '../../../lib/limits/growth-alarms.ts';
import { SeriesLimits, type SeriesLimitsOptions } from '../../../lib/limits/series-limits.ts';

type Labels = readonly (readonly [string, string])[];

/** A judge whose time the test owns. */
export class Bench {
  time = 1_800_000_000_000;
  readonly told: GrowthTold[] = [];
  readonly refused: string[] = [];
  readonly limits: SeriesLimits;

  constructor(
    more: { caps?: Partial<SeriesLimitsOptions['caps']>; growth?: Partial<SeriesLimitsOptions['growth']> } = {},
  ) {
    this.limits = new SeriesLimits({
      caps: {
        perMetric: 1_000_000,
        perHost: 1_000_000,
        perMetricOfHost: 1_000_000,
        total: 10_000_000,
        overflowPerHost: 1000,
        ...more.caps,
      },
      idleMs: 3_600_000,
      teamLabels: ['team', 'service'],
      growth: {
        perMinute: 1000,
        times: 10,
        perMinuteOfHost: 5000,
        repeatMs: 3_600_000,
        settleMs: 30_000,
        ...more.growth,
      },
      now: () => this.time,
      wall: () => this.time,
      told: (what) => this.told.push(what),
      refused: (order) => this.refused.push(order.id),
    });
  }

  /** In steps of a second, with a tick in each. */
  pass(ms: number): void {
    for (const end = this.time + ms; this.time < end; ) {
      this.time = Math.min(end, this.time + 1000);
      this.limits.tick();
    }
  }

  /** @returns keep, drop or fold */
  judge(host: string, name: string, labels: Record<string, string> = {}): string {
    return this.limits.judge(host, series(host, name, labels)).kind;
  }
}

/** As a relay hands them over: sorted, with the host and the site. */
export function series(host: string, name: string, labels: Record<string, string> = {}): Labels {
  const all = { __name__: name, instance: host, site: 'north', ...labels };
  return Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1));
}
