import type { JournalFiles } from '../../lib/journal/contract.ts';
import type { CardinalityGuard } from '../../lib/limits/guard.ts';
import { isShared, type LimitOrder } from '../../lib/limits/order.ts';
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
  readonly limits: Pick<CardinalityGuard, 'setOrders' | 'trouble' | 'met' | 'whole'> | null;
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
  /** The same as it stands on disk: who is killed goes on with these, and the core hears of no others. */
  #kept: OrderParts = this.#share;
  /** Parts of a list that is under way. */
  #early: OrderParts | null = null;
  /** Counts streams: numbers of one mean nothing in another. */
  #stream = 0;
  /** By file: why it could not be written, and what was to be. */
  readonly #unkept = new Map<string, { readonly why: string; readonly bytes: Uint8Array }>();
  /** In words, why the newest list of the core is not in force. */
  #unread: string | null = null;
  /** Writes one after the other. */
  #writing: Promise<unknown> = Promise.resolve();
  #writes = 0;
  /** There is a file of parts, be there nothing in it. */
  #onDisk = false;

  private constructor(parts: OrderKeeperParts) {
    this.#parts = parts;
  }

  static async open(parts: OrderKeeperParts): Promise<OrderKeeper> {
    const keeper = new OrderKeeper(parts);
    const { files, directory, log } = parts;
    try {
      const share = await readWhole(files, `${directory}/${PARTS_FILE}`);
      if (share) keeper.#kept = keeper.#share = decodeParts(share);
      const bytes = await readWhole(files, `${directory}/${FILE}`);
      if (bytes) keeper.#use(bytes);
      // A version that did not share had all of each cap: such a file of parts was never written.
      keeper.#onDisk = share !== null;
      if (bytes && !share) keeper.#haveWhole();
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
    // Parts first: of a shared cap that has none nothing goes on.
    await Promise.all([this.#keepShare(), this.#keep(FILE, bytes)]);
    return true;
  }

  /** A stream to a core stands, be it to another one: what the last one was about to say counts no more. */
  opened(): void {
    this.#stream++;
    this.#early = null;
    this.#share = { ...this.#share, number: this.#kept.number };
  }

  /**
   * What this process may let go on of each shared cap. Those of an older list are left: a core that does not know the caps in force here divides others.
   * @returns resolves when it is in force, and kept
   * @throws HeliographError HG_LIMITS_MESSAGE; those before stay
   */
  async takeParts(bytes: Uint8Array): Promise<void> {
    const share = decodeParts(bytes);
    const { version = this.#list.version } = share;
    if (version > this.#list.version) this.#early = share;
    if (version !== this.#list.version) return;
    const before = this.#share.parts;
    this.#divide(this.#list, share, before);
    if (!sameParts(before, this.#share.parts)) this.#enforce();
    await this.#keepShare();
  }

  /**
   * For the core: what is seen here of the shared caps, and which parts are in force, or may be after a kill. Null: no series are counted here.
   * Called each second or so: what could not be written is tried again.
   */
  needs(): Extract<FromRelay, { orderNeeds: unknown }> | null {
    const { limits } = this.#parts;
    if (!limits) return null;
    if (this.#unkept.size > 0 && this.#writes === 0) void this.#keepAgain();
    const { number, parts } = this.#kept;
    const most = (order: LimitOrder) =>
      this.#list.shared ? Math.max(parts[order.id] ?? 0, this.#share.parts[order.id] ?? 0) : limits.whole(order);
    const orders = this.#list.orders
      .filter(isShared)
      .map((order) => [order.id, { seen: limits.met(order.id), part: most(order) }] as const);
    return { orderNeeds: { needs: encodeJson({ number, orders: Object.fromEntries(orders) }) } };
  }

  /** For the core: what is held here. */
  held(): Extract<FromRelay, { heldOrders: unknown }> {
    const { limits } = this.#parts;
    const unkept = [...this.#unkept.values()].map(({ why }) => `they will not outlast a restart: ${why}`).slice(0, 1);
    const unread =
      this.#unread === null ? [] : [`the core's list cannot be read, the one before stays: ${this.#unread}`];
    const trouble = [...unread, ...(limits?.trouble() ? [limits.trouble()] : []), ...unkept].join('; ');
    return { heldOrders: { version: this.#list.version, counts: limits !== null, trouble: trouble.slice(0, 1000) } };
  }

  #use(bytes: Uint8Array): boolean {
    const { limits, log } = this.#parts;
    const list = decodeOrders(bytes);
    const before = this.#list;
    const { version, shared } = before;
    // A core of a later version says the same list again, with caps that are shared.
    if (list.version < version || (list.version === version && list.shared === shared)) return false;
    // What this process had whole stays its part until the core says less.
    const early = this.#early?.version === list.version ? this.#early : null;
    if (early || (this.#early?.version ?? list.version) < list.version) this.#early = null;
    this.#divide(
      list,
      early ?? { ...this.#share, parts: {} },
      shared ? this.#share.parts : { ...this.#share.parts, ...this.#wholes(before) },
    );
    this.#list = list;
    this.#enforce();
    log.info('blocks and caps of the core', { orders: list.orders.length, counts: limits !== null });
    return true;
  }

  #wholes({ orders }: OrderList): OrderParts['parts'] {
    const { limits } = this.#parts;
    return limits ? Object.fromEntries(orders.filter(isShared).map((one) => [one.id, limits.whole(one)])) : {};
  }

  #haveWhole(): void {
    this.#divide(this.#list, this.#share, this.#wholes(this.#list));
    this.#enforce();
  }

  /** @param had what is in force of those of which nothing is said */
  #divide({ orders }: OrderList, { number, version, parts }: OrderParts, had: OrderParts['parts']): void {
    const all = orders.filter(isShared).flatMap(({ id, most = 0 }) => {
      const part = parts[id] ?? had[id];
      return part === undefined ? [] : [[id, Math.min(part, most)] as const];
    });
    this.#share = { number, version, parts: Object.fromEntries(all) };
  }

  #enforce(): void {
    const { orders, shared } = this.#list;
    this.#parts.limits?.setOrders(orders, shared ? new Map(Object.entries(this.#share.parts)) : null);
  }

  async #keepShare(): Promise<void> {
    const share = this.#share;
    const stream = this.#stream;
    const same = this.#onDisk && sameParts(share.parts, this.#kept.parts);
    const written = same && this.#writes === 0 && this.#unkept.size === 0;
    if (!written) await this.#keep(PARTS_FILE, encodeJson(share));
    this.#onDisk ||= !this.#unkept.has(PARTS_FILE);
    // With the list before them on disk, others would be in force after a kill.
    if (this.#unkept.size > 0) return;
    this.#kept = stream === this.#stream ? share : { ...share, number: this.#kept.number };
  }

  async #keepAgain(): Promise<void> {
    const list = this.#unkept.get(FILE);
    if (list) await this.#keep(FILE, list.bytes);
    await this.#keepShare();
  }

  async #keep(name: string, bytes: Uint8Array): Promise<void> {
    const { files, directory, log } = this.#parts;
    this.#writes++;
    const write = this.#writing.then(() => writeDurably(files, `${directory}/${name}`, bytes));
    this.#writing = write.catch(() => undefined);
    try {
      await write;
      this.#unkept.delete(name);
    } catch (error) {
      const why = String(error);
      if (this.#unkept.get(name)?.why !== why)
        log.error('the blocks and caps of the core are in force, and not kept', { error: why });
      this.#unkept.set(name, { why, bytes });
    } finally {
      this.#writes--;
    }
  }
}

function sameParts(a: OrderParts['parts'], b: OrderParts['parts']): boolean {
  const ids = Object.keys(a);
  return ids.length === Object.keys(b).length && ids.every((id) => a[id] === b[id]);
}
