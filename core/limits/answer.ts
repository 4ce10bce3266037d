import type { LimitOrder } from '../../lib/limits/order.ts';

/** An order with what became of it. */
export interface KeptOrder extends LimitOrder {
  /** Who ended it before its time, and when; null: nobody. */
  readonly lifted: { readonly by: string; readonly at: number } | null;
}

/** What a relay's process says of the orders that it has. */
export interface HeldOrders {
  readonly version: number;
  /** It counts series, so that orders have an effect. */
  readonly counts: boolean;
  /** In words, what is wrong with them there; '': nothing. */
  readonly trouble: string;
}

/** A relay's process with what it holds; null while it has not said. */
export interface RelayHolds extends Partial<HeldOrders> {
  readonly key: string;
  /** `in_force`: all that this core knows; `not_counted`: it has them, and its configuration has no section cardinality; `newer`: a list of another core. */
  readonly state: 'in_force' | 'not_counted' | 'waiting' | 'newer';
}

/** Which relays have the newest list. */
export interface HeldView {
  readonly version: number;
  readonly relays: readonly RelayHolds[];
}

/** What `/api/v1/limits` answers: the one form that the page and `heliograph limits` read. No Node types: a browser's code reads it too. */
export interface LimitsView extends HeldView {
  /** The core's clock, ms since the epoch, as all times here. */
  readonly time: number;
  /** The newest first, with those that are over. */
  readonly orders: readonly KeptOrder[];
  /** All doors of the core carry them out. */
  readonly doors: boolean;
}

/** What giving or lifting an order answers. */
export interface OrderTold extends HeldView {
  readonly order: LimitOrder;
}
