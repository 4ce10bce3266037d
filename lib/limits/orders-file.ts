import { loadConfig } from '../config/load.ts';
import { changeDetector } from '../file-watch.ts';
import type { Logger } from '../log.ts';
import type { LimitOrder } from './order.ts';
import { orderList, ordersOf } from './order-list.ts';

/** @throws HeliographError HG_CONFIG_*, with file, line, value and fix */
export function loadOrders(file: string, now: number): LimitOrder[] {
  return ordersOf(loadConfig(file, orderList, 'cardinality.orders'), now);
}

/** The file of orders, read again when it changes. Where it cannot be used any more, the orders before stay, and it says so. */
export class OrdersFile {
  readonly #file: string;
  readonly #log: Logger;
  readonly #changed: () => boolean;
  readonly #now: () => number;
  /** In words, why the file cannot be used any more; null: it can. */
  trouble: string | null = null;

  /** @param now ms since the epoch */
  constructor(file: string, log: Logger, now: () => number) {
    this.#file = file;
    this.#log = log;
    this.#now = now;
    this.#changed = changeDetector([file]);
  }

  /** @throws HeliographError HG_CONFIG_* */
  load(): LimitOrder[] {
    return loadOrders(this.#file, this.#now());
  }

  /** The orders, if the file changed since it was looked at last and is good. */
  changed(): LimitOrder[] | null {
    if (!this.#changed()) return null;
    try {
      const orders = this.load();
      this.trouble = null;
      this.#log.info('blocks and caps read again', { file: this.#file, orders: orders.length });
      return orders;
    } catch (error) {
      this.trouble = error instanceof Error ? error.message : String(error);
      this.#log.error('the file of blocks and caps changed but cannot be used; those before stay', {
        file: this.#file,
        error: String(error),
      });
      return null;
    }
  }
}
