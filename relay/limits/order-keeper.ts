import type { JournalFiles } from '../../lib/journal/contract.ts';
import type { CardinalityGuard } from '../../lib/limits/guard.ts';
import { decodeOrders } from '../../lib/limits/order-message.ts';
import type { Logger } from '../../lib/log.ts';
import { readWhole, writeDurably } from '../durable-file.ts';
import type { FromRelay } from '../stream-messages.ts';

/** In the relay's folder. */
const FILE = 'limit-orders.json';

export interface OrderKeeperParts {
  readonly directory: string;
  readonly files: JournalFiles;
  /** Null: this relay counts no series; orders are kept for when it does. */
  readonly limits: Pick<CardinalityGuard, 'setOrders' | 'trouble'> | null;
  readonly log: Logger;
}

/**
 * The blocks and caps of the core, as it last said them: in force at once, and kept, so that they hold after a restart without a
 * core. Of two lists the newer stands, whichever core it came from; a core that lost its own makes none of them end.
 */
export class OrderKeeper {
  readonly #parts: OrderKeeperParts;
  #version = 0;
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
    const bytes = await readWhole(parts.files, `${parts.directory}/${FILE}`);
    if (!bytes) return keeper;
    try {
      keeper.#use(bytes);
    } catch (error) {
      // The core tells them again.
      parts.log.error('the blocks and caps of the core that were kept cannot be read', { error: String(error) });
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
    const { files, directory, log } = this.#parts;
    const write = this.#writing.then(() => writeDurably(files, `${directory}/${FILE}`, bytes));
    this.#writing = write.catch(() => undefined);
    try {
      await write;
      this.#unkept = null;
    } catch (error) {
      this.#unkept = String(error);
      log.error('the blocks and caps of the core are in force, and not kept', { error: String(error) });
    }
    return true;
  }

  /** For the core: what is held here. */
  held(): Extract<FromRelay, { heldOrders: unknown }> {
    const { limits } = this.#parts;
    const unkept = this.#unkept === null ? [] : [`they will not outlast a restart: ${this.#unkept}`];
    const unread =
      this.#unread === null ? [] : [`the core's list cannot be read, the one before stays: ${this.#unread}`];
    const trouble = [...unread, ...(limits?.trouble() ? [limits.trouble()] : []), ...unkept].join('; ');
    return { heldOrders: { version: this.#version, counts: limits !== null, trouble: trouble.slice(0, 1000) } };
  }

  #use(bytes: Uint8Array): boolean {
    const { limits, log } = this.#parts;
    const { version, orders } = decodeOrders(bytes);
    if (version <= this.#version) return false;
    this.#version = version;
    limits?.setOrders(orders);
    log.info('blocks and caps of the core', { orders: orders.length, counts: limits !== null });
    return true;
  }
}
