import type { JournalFiles } from '../../lib/journal/contract.ts';
import type { CardinalityGuard } from '../../lib/limits/guard.ts';
import { isShared } from '../../lib/limits/order.ts';
import { decodeOrders, type OrderList } from '../../lib/limits/order-message.ts';
import { decodeParts, encodeJson, type OrderParts } from '../../lib/limits/order-parts.ts';
import type { Logger } from '../../lib/log.ts';
import { readWhole, writeDurably } from '../durable-file.ts';
import type { FromRelay } from '../stream-messages.ts';

/** In the relay's folder. */
const FILE = 'limit-orders.json';
const PARTS_FILE = 'limit-parts.json';

export interface OrderKeeperParts {
  readonly directory: string;
  readonly files: JournalFiles;
  /** Null: this relay counts no series; orders are kept for when it does. */
  readonly limits: Pick<CardinalityGuard, 'setOrders' | 'trouble' | 'met'> | null;
  readonly log: Logger;
}

/**
 * The blocks and caps of the core, as it last said them: in force at once, and kept, so that they hold after a restart without a
 * core. Of two lists the newer stands, whichever core it came from; a core that lost its own makes none of them end.
 */
export class OrderKeeper {
  readonly #parts: OrderKeeperParts;
  #list: OrderList = { version: 0, orders: [] };
  /** Of shared caps, as the core last said it: who is cut off from it goes on with these. */
  #share: OrderParts = { number: 0, parts: {} };
  #unkept: string | null = null;
  /** In words, why the newest list of the core is not in force. */
  #unread: string | null = null;
  /** Writes one after the other. */
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(parts: OrderKeeperParts) {
    this.#parts = parts;
  }

  static async open(parts: OrderKeeperParts): Promise<OrderKeeper> {
    const keeper = new OrderKeeper(parts);
    const { files, directory, log } = parts;
    try {
      const share = await readWhole(files, `${directory}/${PARTS_FILE}`);
      if (share) keeper.#share = decodeParts(share);
      const bytes = await readWhole(files, `${directory}/${FILE}`);
      if (bytes) keeper.#use(bytes);
    } catch (error) {
      // The core tells them again.
      log.error('the blocks and caps of the core that were kept cannot be read', { error: String(error) });
    }
    return keeper;
  }

  /**
   * The core's list.
   * @returns whether it was news; resolves when it is kept as well
   * @throws HeliographError HG_LIMITS_MESSAGE; those before stay
   */
  async take(bytes: Uint8Array): Promise<boolean> {
    try {
      if (!this.#use(bytes)) return false;
      this.#unread = null;
    } catch (error) {
      this.#unread = error instanceof Error ? error.message : String(error);
      throw error;
    }
    await this.#keep(FILE, bytes);
    return true;
  }

  /**
   * What this process may let go on of each shared cap.
   * @returns resolves when it is in force, and kept
   * @throws HeliographError HG_LIMITS_MESSAGE; those before stay
   */
  async takeParts(bytes: Uint8Array): Promise<void> {
    const share = decodeParts(bytes);
    const same = JSON.stringify(share.parts) === JSON.stringify(this.#share.parts);
    this.#share = share;
    if (same) return;
    this.#enforce();
    await this.#keep(PARTS_FILE, bytes);
  }

  /** For the core: what is seen here of the shared caps, and which parts are in force. Null: no series are counted here. */
  needs(): Extract<FromRelay, { orderNeeds: unknown }> | null {
    const { limits } = this.#parts;
    if (!limits) return null;
    const { number, parts } = this.#share;
    const orders = this.#list.orders
      .filter(isShared)
      .map(({ id }) => [id, { seen: limits.met(id), part: parts[id] ?? 0 }] as const);
    return { orderNeeds: { needs: encodeJson({ number, orders: Object.fromEntries(orders) }) } };
  }

  /** For the core: what is held here. */
  held(): Extract<FromRelay, { heldOrders: unknown }> {
    const { limits } = this.#parts;
    const unkept = this.#unkept === null ? [] : [`they will not outlast a restart: ${this.#unkept}`];
    const unread =
      this.#unread === null ? [] : [`the core's list cannot be read, the one before stays: ${this.#unread}`];
    const trouble = [...unread, ...(limits?.trouble() ? [limits.trouble()] : []), ...unkept].join('; ');
    return { heldOrders: { version: this.#list.version, counts: limits !== null, trouble: trouble.slice(0, 1000) } };
  }

  #use(bytes: Uint8Array): boolean {
    const { limits, log } = this.#parts;
    const list = decodeOrders(bytes);
    const { version, shared } = this.#list;
    // A core of a later version says the same list again, with caps that are shared.
    if (list.version < version || (list.version === version && list.shared === shared)) return false;
    this.#list = list;
    this.#enforce();
    log.info('blocks and caps of the core', { orders: list.orders.length, counts: limits !== null });
    return true;
  }

  #enforce(): void {
    const { orders, shared } = this.#list;
    this.#parts.limits?.setOrders(orders, shared ? new Map(Object.entries(this.#share.parts)) : null);
  }

  async #keep(name: string, bytes: Uint8Array): Promise<void> {
    const { files, directory, log } = this.#parts;
    const write = this.#writing.then(() => writeDurably(files, `${directory}/${name}`, bytes));
    this.#writing = write.catch(() => undefined);
    try {
      await write;
      this.#unkept = null;
    } catch (error) {
      this.#unkept = String(error);
      log.error('the blocks and caps of the core are in force, and not kept', { error: String(error) });
    }
  }
}
