import { Batch, type Label, type SeriesName } from '../batch.ts';
import { STALE_HIGH, STALE_LOW } from '../sample-columns.ts';
import { hasLabel, labelsOf, scopeLabels, type TargetLabels, targetOf } from './attributes.ts';
import { Deltas } from './deltas.ts';
import { classicBuckets, misshapen, scaledOf } from './exponential.ts';
import type {
  ExponentialPoint,
  HistogramPoint,
  KeyValue,
  Metric,
  MetricsRequest,
  NumberPoint,
  SummaryPoint,
  Temporality,
} from './messages.ts';
import { metricName, type NameKind } from './names.ts';

const DELTA = 1;
const CUMULATIVE = 2;
const NO_VALUE = 1;
/** Of one point; no store takes half as many, or one as long, and a histogram has a series with all of them for each bucket. */
const MOST_LABELS = 128;
const MOST_CHARACTERS = 64 * 1024;

export interface OtlpMetricsOptions {
  /** Whose sums these are. */
  readonly client: string;
  /** Stands on sums that are made here out of deltas; '': nothing does. */
  readonly gateway: string;
  readonly deltas: Deltas;
  /** ms since the epoch: a point beyond is refused before it counts; taken, it would make every true one after it a late one. */
  readonly latest: number;
  /** Where the request is a piece of a larger one; left out: it is whole. */
  readonly piece?: PieceOfMetrics;
}

/** Which part of a resource's metrics stand in a piece. */
export interface PieceOfMetrics {
  /** Time of the newest point of the pieces of the same resource before; 0: there are none. */
  readonly newest: number;
  /** Another of the same resource comes: what stands once for a resource is left to it. */
  readonly goesOn: boolean;
}

/** The batch, and how many data points it came from; the index of a rejection counts data points. */
export interface OtlpMetrics {
  readonly batch: Batch;
  readonly points: number;
  /** Time of the newest point of the last resource, ms. */
  readonly newest: number;
}

/** An ExportMetricsServiceRequest as Prometheus series, by OpenTelemetry's rules for Prometheus. */
export function readOtlpMetrics(request: MetricsRequest, options: OtlpMetricsOptions): OtlpMetrics {
  const reader = new MetricsReader(options);
  for (const { resource, scopeMetrics } of request.resourceMetrics) {
    const target = targetOf(resource);
    reader.begin();
    for (const { scope, metrics } of scopeMetrics) {
      const common = [...target.identity, ...scopeLabels(scope)];
      for (const metric of metrics) reader.metric(metric, common);
    }
    reader.targetInfo(target);
  }
  return { batch: reader.batch, points: reader.points, newest: reader.newest };
}

interface PointPlace {
  readonly name: string;
  readonly labels: readonly Label[];
  readonly time: number;
  readonly index: number;
  readonly delta: boolean;
}

function charactersOf(labels: readonly Label[]): number {
  let characters = 0;
  for (const [name, value] of labels) characters += name.length + value.length;
  return characters;
}

/** Gathers the series of a request, metric by metric. */
export class MetricsReader {
  readonly batch = new Batch();
  points = 0;
  /** Time of the newest point of the resource at hand. */
  newest = 0;
  readonly #options: OtlpMetricsOptions;

  constructor(options: OtlpMetricsOptions) {
    this.#options = options;
  }

  /** A resource begins. */
  begin(): void {
    this.newest = this.#options.piece?.newest ?? 0;
  }

  metric(metric: Metric, common: readonly Label[]): void {
    const { gauge, sum, histogram, exponentialHistogram, summary } = metric;
    if (gauge) this.#each(metric, 'gauge', gauge.dataPoints, CUMULATIVE, common, (p, at) => this.#number(p, at));
    else if (sum) {
      const kind = sum.isMonotonic ? 'counter' : 'other';
      this.#each(metric, kind, sum.dataPoints, sum.aggregationTemporality, common, (p, at) => this.#number(p, at));
    } else if (histogram) {
      const { dataPoints, aggregationTemporality } = histogram;
      this.#each(metric, 'other', dataPoints, aggregationTemporality, common, (p, at) => this.#histogram(p, at));
    } else if (exponentialHistogram) {
      const { dataPoints, aggregationTemporality } = exponentialHistogram;
      this.#each(metric, 'other', dataPoints, aggregationTemporality, common, (p, at) => this.#exponential(p, at));
    } else if (summary) {
      this.#each(metric, 'other', summary.dataPoints, CUMULATIVE, common, (p, at) => this.#summary(p, at));
    }
    // A metric without data is allowed, and is nothing.
  }

  /** A number's point, its series known and no delta: its value is an integer, or a double by the halves of its bits. */
  known(series: SeriesName, time: number, flags: number, int: number | null, low: number, high: number): void {
    const { samples } = this.batch;
    const from = samples.length;
    if ((flags & NO_VALUE) !== 0) samples.pushWords(time, STALE_LOW, STALE_HIGH);
    else if (int === null) samples.pushWords(time, low, high);
    else samples.push(time, int);
    this.batch.addKnown(this.points++, series, from);
    if (time <= this.#options.latest) this.newest = Math.max(this.newest, time);
  }

  /** The resource's other attributes, on a series that queries join by job and instance. */
  targetInfo({ identity, info }: TargetLabels): void {
    if (this.#options.piece?.goesOn || identity.length === 0 || info.length === 0 || this.newest === 0) return;
    this.batch.addValue(-1, 'target_info', [...identity, ...info], this.newest, 1);
  }

  #each<P extends { readonly attributes: readonly KeyValue[]; readonly timeUnixNano: number; readonly flags: number }>(
    metric: Metric,
    kind: NameKind,
    points: readonly P[],
    temporality: Temporality,
    common: readonly Label[],
    take: (point: P, place: PointPlace) => void,
  ): void {
    const name = metricName(metric.name, metric.unit, kind);
    for (const point of points) {
      const index = this.points++;
      const time = Math.floor(point.timeUnixNano / 1e6);
      if (temporality !== DELTA && temporality !== CUMULATIVE) {
        this.batch.reject('metric', index, 'HG_ITEM_KIND', `${metric.name.slice(0, 100)} has no temporality`);
        continue;
      }
      const delta = temporality === DELTA;
      const future = time > this.#options.latest;
      if (delta && future) {
        this.batch.reject('metric', index, 'HG_ITEM_TIME', `${name} is in the future; look at the clock of the sender`);
        continue;
      }
      const labels = labelsOf(point.attributes);
      const own = labels.length;
      for (const label of common) if (own === 0 || !hasLabel(labels, label[0])) labels.push(label);
      if (labels.length > MOST_LABELS || charactersOf(labels) > MOST_CHARACTERS) {
        this.batch.reject('metric', index, 'HG_ITEM_LABELS', `${name.slice(0, 100)} has too many labels, or too long`);
        continue;
      }
      if (delta && this.#options.gateway !== '') labels.push(['gateway', this.#options.gateway]);
      if (!future) this.newest = Math.max(this.newest, time);
      take(point, { name, labels, time, index, delta });
    }
  }

  #number(point: NumberPoint, place: PointPlace): void {
    if ((point.flags & NO_VALUE) !== 0) this.#stale(place, place.name, place.labels);
    else this.#emit(place, place.name, place.labels, Object.hasOwn(point, 'asInt') ? point.asInt : point.asDouble);
  }

  #histogram(point: HistogramPoint, place: PointPlace): void {
    const { bucketCounts, explicitBounds } = point;
    if ((point.flags & NO_VALUE) !== 0) {
      this.#stale(place, `${place.name}_count`, place.labels);
      return;
    }
    if (bucketCounts.length > 0 && bucketCounts.length !== explicitBounds.length + 1) {
      const shape = `${bucketCounts.length} buckets for ${explicitBounds.length} bounds`;
      this.batch.reject('metric', place.index, 'HG_ITEM_VALUE', shape);
      return;
    }
    this.#buckets(place, explicitBounds, bucketCounts, point.count, Object.hasOwn(point, 'sum') ? point.sum : null);
  }

  #exponential(point: ExponentialPoint, place: PointPlace): void {
    if ((point.flags & NO_VALUE) !== 0) {
      this.#stale(place, `${place.name}_count`, place.labels);
      return;
    }
    const why = misshapen(point);
    if (why !== null) {
      this.batch.reject('metric', place.index, 'HG_ITEM_VALUE', why);
      return;
    }
    const positive = scaledOf(point.positive, point.scale);
    const negative = scaledOf(point.negative, point.scale);
    if (!place.delta) {
      const { bounds, counts } = classicBuckets(positive, negative, point.zeroCount, point.zeroThreshold);
      this.#buckets(place, bounds, counts, point.count, Object.hasOwn(point, 'sum') ? point.sum : null);
      return;
    }
    const { client, deltas } = this.#options;
    const sum = deltas.addExponential(Deltas.key(client, place.name, place.labels), place.time, point, this.batch.undo);
    if (typeof sum === 'string') {
      this.#refuseDelta(place, sum);
      return;
    }
    const { bounds, counts } = classicBuckets(sum.positive, sum.negative, sum.zeroCount, sum.zeroThreshold);
    this.#buckets({ ...place, delta: false }, bounds, counts, sum.count, sum.sum);
  }

  #buckets(
    place: PointPlace,
    bounds: readonly number[],
    counts: readonly number[],
    count: number,
    sum: number | null,
  ): void {
    const { name, labels } = place;
    let below = 0;
    for (const [i, bound] of bounds.entries()) {
      below += counts[i] ?? 0;
      if (!Number.isFinite(bound)) continue;
      if (!this.#emit(place, `${name}_bucket`, [...labels, ['le', String(bound)]], below)) return;
    }
    if (!this.#emit(place, `${name}_bucket`, [...labels, ['le', '+Inf']], count)) return;
    if (sum !== null) this.#emit(place, `${name}_sum`, labels, sum);
    this.#emit(place, `${name}_count`, labels, count);
  }

  #summary(point: SummaryPoint, place: PointPlace): void {
    const { name, labels } = place;
    if ((point.flags & NO_VALUE) !== 0) {
      this.#stale(place, `${name}_count`, labels);
      return;
    }
    for (const { quantile, value } of point.quantileValues) {
      this.#emit(place, name, [...labels, ['quantile', String(quantile)]], value);
    }
    this.#emit(place, `${name}_sum`, labels, point.sum);
    this.#emit(place, `${name}_count`, labels, point.count);
  }

  /** False if the point is refused: its other series are not to come either. */
  #emit(place: PointPlace, name: string, labels: readonly Label[], value: number): boolean {
    let shown = value;
    if (place.delta) {
      const { client, deltas } = this.#options;
      const sum = deltas.add(Deltas.key(client, name, labels), place.time, value, this.batch.undo);
      if (typeof sum === 'string') {
        this.#refuseDelta(place, sum);
        return false;
      }
      shown = sum;
    }
    this.batch.addValue(place.index, name, labels, place.time, shown);
    return true;
  }

  #refuseDelta({ index, name }: PointPlace, why: 'late' | 'full'): void {
    if (why === 'late') {
      this.batch.reject(
        'metric',
        index,
        'HG_ITEM_DUPLICATE',
        `${name}: a delta not newer than the last one of its series`,
      );
    } else this.batch.reject('metric', index, 'HG_ITEM_SERIES_CAP', `${name}: no more deltas can be summed up here`);
  }

  #stale({ time, index }: PointPlace, name: string, labels: readonly Label[]): void {
    const from = this.batch.samples.length;
    this.batch.samples.pushWords(time, STALE_LOW, STALE_HIGH);
    this.batch.add(index, name, labels, from);
  }
}
