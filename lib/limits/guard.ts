import { type Clock, steadyTime } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Registry } from '../metrics.ts';
import type { CardinalityConfig } from './config.ts';
import type { GrowthTold } from './growth-alarms.ts';
import { limitMetrics } from './limit-metrics.ts';
import { isShared, type LimitOrder } from './order.ts';
import { OrdersFile } from './orders-file.ts';
import type { CardinalityReport, CardinalityState } from './report.ts';
import { SeriesLimits } from './series-limits.ts';

/** Caps, orders and counting of series as a tier has them while it is up. */
export interface CardinalityGuard {
  readonly limits: SeriesLimits;
  /**
   * Those that the core gives, instead of the ones before; those of the file stay beside them.
   * @param parts of the caps over all hosts, by id, what this process has of them; one that is not there: nothing. Null: they are not shared
   */
  setOrders(orders: readonly LimitOrder[], parts?: ReadonlyMap<string, number> | null): void;
  /** How many series of a cap over all hosts may go on here where it is not shared. */
  whole(order: LimitOrder): number;
  /** About how many different series met a cap over all hosts. @param id of the order */
  met(id: string): number;
  /** In words, what is wrong with the orders; null: nothing. */
  trouble(): string | null;
  state(): CardinalityState;
  /** @param most keys of each dimension @param sketches for a sum with what other processes know */
  report(most: number, sketches?: boolean): CardinalityReport;
  /** Called each second or so. */
  tick(): void;
}

/**
 * Puts the limits of a tier together.
 * @param options.workers among how many its hosts are divided: each has its share of what holds for all hosts together
 * @param options.prefix of the metrics' names: `heliograph_relay`
 * @throws HeliographError HG_CONFIG_* for a file of orders that is not good at the start
 */
export function openGuard(options: {
  readonly config: CardinalityConfig;
  readonly workers: number;
  readonly prefix: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Registry;
  readonly told: (what: GrowthTold) => void;
}): CardinalityGuard {
  const { config, workers, prefix, clock, log, metrics, told } = options;
  const share = (whole: number) => Math.max(Math.min(1, whole), Math.floor(whole / workers));
  const { growth, perHost, perMetricOfHost, overflowPerHost } = config;
  const refused = new Map<string, string>();
  const limits = new SeriesLimits({
    caps: {
      perMetric: share(config.perMetric),
      total: share(config.total),
      perHost,
      perMetricOfHost,
      overflowPerHost,
    },
    idleMs: config.idle,
    teamLabels: config.teamLabels,
    growth: { ...growth, repeatMs: growth.repeat, settleMs: growth.settle },
    now: steadyTime(clock),
    wall: () => clock.now(),
    told,
    refused: ({ id, match }, error) => {
      refused.set(id, `${match}: ${error instanceof Error ? error.message : String(error)}`);
      log.error('a block or cap is not in force: its selector cannot be read', { id, match, error: String(error) });
    },
  });
  const file = config.orders === undefined ? null : new OrdersFile(config.orders, log, () => clock.now());
  let ofFile = file?.load() ?? [];
  let ofCore: readonly LimitOrder[] = [];
  let partsOfCore: ReadonlyMap<string, number> | null = null;
  const set = () => {
    refused.clear();
    const mine = (order: LimitOrder) => shareOfOrder(order, share);
    const parts = partsOfCore;
    limits.setOrders([
      ...ofFile.map(mine),
      ...ofCore.map((order) => (parts && isShared(order) ? { ...order, most: parts.get(order.id) ?? 0 } : mine(order))),
    ]);
  };
  set();
  limitMetrics(limits, prefix, () => (file?.trouble ? 1 : 0) + refused.size, metrics);
  return {
    limits,
    setOrders: (orders, parts = null) => {
      ofCore = orders;
      partsOfCore = parts;
      set();
    },
    whole: ({ most }) => share(most ?? 0),
    met: (id) => limits.met(id),
    trouble: () => {
      const words = [...refused.values()].map((text) => `an order is not in force, its selector is ${text}`);
      if (file?.trouble)
        words.unshift(`the file of blocks and caps cannot be used, those before stay: ${file.trouble}`);
      return words.length > 0 ? words.join('; ') : null;
    },
    state: () => {
      const { admitted, folded, blocked } = limits.figures;
      const { count: series, newInHour, newInDay } = limits.total;
      const { since, growing } = limits;
      return { since, series, newInHour, newInDay, admitted, folded, blocked, orders: limits.orders.length, growing };
    },
    report: (most, sketches) => limits.report(most, sketches),
    tick: () => {
      const changed = file?.changed();
      if (changed) {
        ofFile = changed;
        set();
      }
      limits.tick();
    },
  };
}

/** A cap over all hosts is divided as they are. */
function shareOfOrder(order: LimitOrder, share: (whole: number) => number): LimitOrder {
  return isShared(order) ? { ...order, most: share(order.most ?? 0) } : order;
}
