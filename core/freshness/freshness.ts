import { type Histogram, LATENCY_BOUNDS, type Registry } from '../../lib/metrics.ts';
import type { FrameRoute } from '../ports/frames.ts';
import { RecentTimes } from './recent.ts';

/** One figure of the freshness page, in seconds, of the last five to ten minutes; p50 and p99 are a twentieth too large at most. */
export interface FreshnessFigure {
  readonly count: number;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

export type FreshnessView = Record<'sentToQueryable' | 'sampleToQueryable' | 'sentToSearchable', FreshnessFigure>;

/** Of several processes: all that they counted, and the slowest of their quantiles, which is not less than the true one. */
export function slowestOf(views: readonly FreshnessView[]): FreshnessView {
  const worst = (name: keyof FreshnessView): FreshnessFigure => {
    const figures = views.map((view) => view[name]).filter(({ count }) => count > 0);
    const most = (of: (one: FreshnessFigure) => number | null) =>
      figures.length === 0 ? null : Math.max(...figures.map((one) => of(one) ?? 0));
    return {
      count: figures.reduce((sum, { count }) => sum + count, 0),
      p50: most((one) => one.p50),
      p99: most((one) => one.p99),
      max: most((one) => one.max),
    };
  };
  return {
    sentToQueryable: worst('sentToQueryable'),
    sampleToQueryable: worst('sampleToQueryable'),
    sentToSearchable: worst('sentToSearchable'),
  };
}

/** The times of a metric frame on its way, ms. */
export interface MetricFrameTimes extends Pick<FrameRoute, 'lane' | 'created' | 'received' | 'skew'> {
  /** Of its oldest sample, by the collector's clock; NaN: it has none. */
  readonly oldest: number;
  /** When its block came to the core. */
  readonly came: number;
}

/** Parts of the way of a metric frame, one after the other; after the last it waits for the store's queries to see it. */
const TO_RELAY = { part: 'to_relay' };
const AT_RELAY = { part: 'at_relay' };
const AT_CORE = { part: 'at_core' };

/**
 * How long data takes to where people find it, counted by the product itself for every frame of the live lane.
 * Sent: when the collector made the frame, put on the relay's clock by the skew the relay measured. Backfill is not
 * counted: it is late by its nature. The histograms are of all time, for whoever takes their rate; the view is of the last minutes, so that
 * an outage or a start does not stand in it for ever.
 */
export class Freshness {
  readonly #queryable: Figure;
  readonly #sampled: Figure;
  readonly #searchable: Figure;
  readonly #way: Histogram;

  /** @param now ms, the clock by which what is old is forgotten */
  constructor(registry: Registry, now: () => number) {
    const figure = (name: string, help: string) => new Figure(registry.histogram(name, help, LATENCY_BOUNDS), now);
    this.#queryable = figure(
      'heliograph_core_sent_to_queryable_seconds',
      'From when a collector made a metric frame until queries see it',
    );
    this.#sampled = figure(
      'heliograph_core_sample_to_queryable_seconds',
      'From the time of the oldest sample of a metric frame until queries see it',
    );
    this.#searchable = figure(
      'heliograph_core_sent_to_searchable_seconds',
      'From when a collector made a log frame until searches see it',
    );
    this.#way = registry.histogram(
      'heliograph_core_metric_way_seconds',
      'Parts of the way of metric frames, label `part`: to_relay until the relay received it, at_relay until its block came to the core, at_core until the store took it',
      LATENCY_BOUNDS,
    );
  }

  /** @param taken when the store took it. @param visible when queries see it */
  queryable(frame: MetricFrameTimes, taken: number, visible: number): void {
    const { lane, created, received, skew, oldest, came } = frame;
    if (lane !== 'live') return;
    this.#queryable.observe(seconds(visible - created + skew));
    if (Number.isFinite(oldest)) this.#sampled.observe(seconds(visible - oldest + skew));
    this.#way.observe(TO_RELAY, seconds(received - created + skew));
    this.#way.observe(AT_RELAY, seconds(came - received));
    this.#way.observe(AT_CORE, seconds(taken - came));
  }

  searchable(frame: FrameRoute, now: number): void {
    if (frame.lane === 'live') this.#searchable.observe(seconds(now - frame.created + frame.skew));
  }

  view(): FreshnessView {
    return {
      sentToQueryable: this.#queryable.view(),
      sampleToQueryable: this.#sampled.view(),
      sentToSearchable: this.#searchable.view(),
    };
  }
}

/** Clocks that differ by less than a tick can make it negative. */
function seconds(ms: number): number {
  return Math.max(0, ms) / 1000;
}

/** One way, counted twice: for Prometheus and for the view. */
class Figure {
  readonly #histogram: Histogram;
  readonly #now: () => number;
  readonly #recent = new RecentTimes();

  constructor(histogram: Histogram, now: () => number) {
    this.#histogram = histogram;
    this.#now = now;
  }

  observe(took: number): void {
    this.#histogram.observe({}, took);
    this.#recent.observe(took, this.#now());
  }

  view(): FreshnessFigure {
    const seen = this.#recent.figure([0.5, 0.99], this.#now());
    if (!seen) return { count: 0, p50: null, p99: null, max: null };
    return { count: seen.count, p50: seen.quantiles[0]!, p99: seen.quantiles[1]!, max: seen.max };
  }
}
