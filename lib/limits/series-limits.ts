import { mixBits } from '../mix-bits.ts';
import { AdmittedSeries, type CappedScopes } from './admitted-series.ts';
import { SCOPES } from './admitted-shard.ts';
import { CardinalityAnalyser } from './analyser.ts';
import { CompiledOrders } from './compiled-orders.ts';
import { DistinctSketch } from './distinct-sketch.ts';
import type { GrowthRule, GrowthTold } from './growth-alarms.ts';
import { HostAges } from './host-ages.ts';
import { labelOf } from './label-of.ts';
import { isShared, type LimitOrder } from './order.ts';
import { OverflowRoom, overflowLabels } from './overflow.ts';
import { type CardinalityReport, type CountedKey, DIMENSIONS, type Dimension, type Growing } from './report.ts';
import { hashSeries, hashText } from './series-hash.ts';

/** How many series there may be. */
export interface SeriesCaps {
  readonly perMetric: number;
  readonly perHost: number;
  readonly perMetricOfHost: number;
  /** Of all together: what the memory is bounded by. */
  readonly total: number;
  /** Overflow series of a host. */
  readonly overflowPerHost: number;
}

export interface SeriesLimitsOptions {
  readonly caps: SeriesCaps;
  /** A series of which nothing came for so long has left: after two thirds of it at the soonest. ms */
  readonly idleMs: number;
  /** The first of these that a series has names its team in alarms and in the count by team. */
  readonly teamLabels: readonly string[];
  readonly growth: GrowthRule;
  /** ms, without steps. */
  readonly now: () => number;
  /** ms since the epoch, for orders that end. */
  readonly wall: () => number;
  /** Something grows abnormally, or does no more. */
  readonly told: (what: GrowthTold) => void;
  /** An order's selector cannot be read: it is not in force. */
  readonly refused: (order: LimitOrder, error: unknown) => void;
}

/** The reasons that samples count under. */
export const SERIES_CAP = 'series_cap';
export const BLOCKED = 'blocked';

type Labels = readonly (readonly [string, string])[];

/** What becomes of a series. */
export type LimitVerdict =
  | { readonly kind: 'keep' }
  | { readonly kind: 'drop'; readonly reason: string }
  | { readonly kind: 'fold'; readonly into: Labels; readonly reason: string };

const KEEP: LimitVerdict = { kind: 'keep' };
const BLOCK: LimitVerdict = { kind: 'drop', reason: BLOCKED };
const NO_ROOM: LimitVerdict = { kind: 'drop', reason: SERIES_CAP };

/** Generations in the time after which a series has left. */
const GENERATIONS = 3;
const OUTCOME_PRECISION = 12;
/** Of the series that meet one cap. */
const ORDER_PRECISION = 10;
/** Where each scope stands. */
const METRIC = 0;
const HOST = 1;
const METRIC_OF_HOST = 2;

/**
 * Judges series by caps, blocks and orders, and counts them. It is asked about each series of a host once, and again
 * when `versionOf` the host grows: with each change of the orders, and once in a generation, so that it knows who lives.
 */
export class SeriesLimits {
  readonly #options: SeriesLimitsOptions;
  readonly #generationMs: number;
  readonly #admitted: AdmittedSeries;
  readonly #scratch: CappedScopes = { hashes: new Uint32Array(SCOPES), most: new Float64Array(SCOPES) };
  readonly #overflow: OverflowRoom;
  readonly #analyser: CardinalityAnalyser;
  #orders: readonly LimitOrder[] = [];
  #compiled: CompiledOrders;
  #compiledAt = 0;
  /** Of the orders. */
  #changes = 0;
  #turned: number;
  /** Different series folded and blocked, in this generation and in the one before. */
  #folded = outcomes();
  #blocked = outcomes();
  /** By id of a cap over all hosts: different series that met it, in this generation and in the one before. */
  #met = new Map<string, [DistinctSketch, DistinctSketch]>();

  constructor(options: SeriesLimitsOptions) {
    const { caps, idleMs, teamLabels, growth, told, refused } = options;
    const now = options.now();
    this.#options = options;
    this.#generationMs = Math.ceil(idleMs / GENERATIONS);
    this.#admitted = new AdmittedSeries(caps.total);
    this.#overflow = new OverflowRoom(caps.overflowPerHost);
    this.#compiled = new CompiledOrders([], options.wall(), refused);
    this.#turned = now;
    const hosts = new HostAges(growth.settleMs);
    this.#analyser = new CardinalityAnalyser({ teamLabels, growth, hosts, now, told });
  }

  /** It always looks. */
  readonly active = true;

  /** For who asks about all hosts at once: grows with each generation and each change of the orders. */
  get version(): number {
    return this.#versionAt(0);
  }

  /** The same for one host: hosts have their turns spread over a generation, so that never all series are asked about at once. */
  versionOf(host: string): number {
    return this.#versionAt((hashText(host) / 2 ** 32) * this.#generationMs);
  }

  /** Orders that have not ended. */
  get orders(): readonly LimitOrder[] {
    const wall = this.#options.wall();
    return this.#orders.filter(({ until }) => until === null || until > wall);
  }

  /** Instead of those before. One whose selector cannot be read is told to `refused`, and the others are in force. */
  setOrders(orders: readonly LimitOrder[]): void {
    this.#orders = orders;
    const before = this.#met;
    this.#met = new Map(
      orders.filter(isShared).map(({ id }) => [id, before.get(id) ?? outcomes(undefined, ORDER_PRECISION)]),
    );
    this.#compile();
  }

  /** @param host whose it is @param labels with `__name__`, `instance` and `site`, sorted by name */
  judge(host: string, labels: Labels): LimitVerdict {
    const hash = hashSeries(labels);
    const now = this.#options.now();
    this.#analyser.see(host, labels, hash, now);
    const { high, low } = hash;
    const metric = labelOf(labels, '__name__');
    const order = this.#compiled.of(metric, labels);
    if (order?.kind === 'block') {
      this.#admitted.forget(hash);
      this.#blocked[0]!.add(mixBits(high ^ low));
      return BLOCK;
    }
    if (order) this.#met.get(order.id)?.[0].add(mixBits(high ^ low));
    if (this.#admitted.admit(hash, this.#scopes(host, metric, order))) return KEEP;
    this.#folded[0]!.add(mixBits(high ^ low));
    const into = overflowLabels(labels);
    return this.#overflow.has(host, into) ? { kind: 'fold', into, reason: SERIES_CAP } : NO_ROOM;
  }

  /** Called each second or so: ends orders whose time is over, alarms, and generations. */
  tick(): void {
    const wall = this.#options.wall();
    // A clock that was ahead and is set back: what seemed to have ended goes on.
    if (this.#compiled.outdated(wall) || wall < this.#compiledAt) this.#compile();
    const now = this.#options.now();
    this.#analyser.tick(now);
    this.#admitted.sweep();
    if (now - this.#turned < this.#generationMs) return;
    this.#turned = now;
    this.#analyser.turn(now);
    this.#admitted.turn();
    this.#overflow.clear();
    this.#folded = outcomes(this.#folded[0]);
    this.#blocked = outcomes(this.#blocked[0]);
    for (const [id, [now]] of this.#met) this.#met.set(id, outcomes(now, ORDER_PRECISION));
  }

  #compile(): void {
    const { wall, refused } = this.#options;
    this.#compiledAt = wall();
    this.#compiled = new CompiledOrders(this.#orders, this.#compiledAt, refused);
    this.#changes++;
  }

  /** Different series, of this generation and the one before. */
  get figures() {
    return {
      admitted: this.#admitted.size,
      folded: union(this.#folded),
      blocked: union(this.#blocked),
      bytes: this.#admitted.bytes + this.#analyser.bytes,
    };
  }

  /** About how many different series met a cap over all hosts, whether they went on or not. @param id of the order */
  met(id: string): number {
    const met = this.#met.get(id);
    return met ? union(met) : 0;
  }

  /** When the counting began, ms since the epoch. */
  get since(): number {
    return this.#analyser.since;
  }

  /** What grows abnormally now. */
  get growing(): Growing[] {
    return this.#analyser.growing(this.#options.now());
  }

  /** All series that live, and how many of them are new. */
  get total(): CountedKey {
    return this.#analyser.total(this.#options.now(), false);
  }

  /** @param most keys of each dimension @param sketches with them, for a sum with what other processes know */
  report(most: number, sketches = false): CardinalityReport {
    const now = this.#options.now();
    const analyser = this.#analyser;
    const top = (dimension: Dimension) => analyser.top(dimension, most, now, sketches);
    const { admitted, folded, blocked } = this.figures;
    return {
      since: analyser.since,
      series: analyser.total(now, sketches),
      metrics: analyser.metricNames,
      admitted,
      folded,
      blocked,
      growing: analyser.growing(now),
      top: Object.fromEntries(DIMENSIONS.map((one) => [one, top(one)])) as Record<Dimension, CountedKey[]>,
    };
  }

  /** A cap of an order stands in the place of the one of the configuration. The object is used again by the next call. */
  #scopes(host: string, metric: string, order: LimitOrder | null): CappedScopes {
    const { perMetric, perHost, perMetricOfHost } = this.#options.caps;
    const { hashes, most } = this.#scratch;
    // All caps of an order are counted apart from those of the configuration, and of other orders.
    const ofMetric = mixBits(hashText(metric) ^ (order ? hashText(order.id) : 0));
    const ofHost = hashText(host);
    hashes[METRIC] = ofMetric;
    hashes[HOST] = ofHost;
    hashes[METRIC_OF_HOST] = mixBits(Math.imul(ofMetric, 0x9e3779b1) ^ ofHost);
    most[METRIC] = order && !order.perHost ? (order.most ?? 0) : perMetric;
    most[HOST] = perHost;
    // Of a cap for all hosts one may have as much as the order gives.
    most[METRIC_OF_HOST] = order ? (order.most ?? 0) : perMetricOfHost;
    return this.#scratch;
  }

  #versionAt(phase: number): number {
    return this.#changes * 2 ** 24 + (Math.floor((this.#options.now() + phase) / this.#generationMs) % 2 ** 24);
  }
}

function outcomes(
  before: DistinctSketch | undefined = undefined,
  precision = OUTCOME_PRECISION,
): [DistinctSketch, DistinctSketch] {
  return [new DistinctSketch(precision), before ?? new DistinctSketch(precision)];
}

function union([now, before]: readonly [DistinctSketch, DistinctSketch]): number {
  const both = now.copy();
  both.merge(before);
  return Math.round(both.estimate);
}
