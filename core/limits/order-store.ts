import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { parseDuration } from '../../lib/config/duration.ts';
import { HeliographError } from '../../lib/errors.ts';
import { type LimitOrder, ORDER_TEXT } from '../../lib/limits/order.ts';
import { orderForm, orderOf, subjectOf } from '../../lib/limits/order-list.ts';
import { MOST_ORDERS, type OrderList, wireOrder } from '../../lib/limits/order-message.ts';
import { transaction } from '../disk/transaction.ts';
import type { KeptOrder } from './answer.ts';

/** As another process of this core has it. */
export interface OrderRow {
  readonly id: string;
  /** JSON of a KeptOrder. */
  readonly document: string;
  /** When it was changed last, ms since the epoch; grows with each change. */
  readonly changed: number;
}

/** What is over is kept for who asks later what was done. */
const KEPT_MS = 90 * 86_400_000;
/** With those that are over: whoever gives and lifts without end forgets the first of them. */
const MOST_KEPT = 2 * MOST_ORDERS;

/** An order as it is remembered. */
interface Entry {
  readonly order: KeptOrder;
  readonly changed: number;
}

/** Blocks and caps that people gave, durable; those that are over too, for a while. */
export class OrderStore {
  readonly #state: DatabaseSync;
  readonly #most: number;
  readonly #entries = new Map<string, Entry>();
  /** When the newest was changed. */
  #newest = 0;
  #least = 0;

  /** @param state of core/state.ts, `openState` @param most orders kept, with those that are over */
  constructor(state: DatabaseSync, most = MOST_KEPT) {
    this.#state = state;
    this.#most = most;
    const rows = state.prepare('SELECT id, document, changed FROM limit_orders').all() as unknown as OrderRow[];
    this.#remember(rows.map(({ document, changed }) => ({ order: JSON.parse(document), changed })));
  }

  /**
   * Takes an order; one for the same series that is there gives way to it.
   * @param form as in a file of orders @param by the name of the token
   * @throws HeliographError HG_LIMITS_ORDER, with what to write
   */
  give(form: unknown, by: string, now: number): LimitOrder {
    const { until: ends, rest } = spanOf(form, now);
    const parsed = orderForm.safeParse(rest);
    if (!parsed.success) {
      const said = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the order'}: ${message}`);
      throw new HeliographError('HG_LIMITS_ORDER', said.join('; '));
    }
    const id = createHash('sha256').update(subjectOf(parsed.data)).digest('hex').slice(0, 10);
    const given = orderOf(parsed.data, { id, by: by.slice(0, ORDER_TEXT.by), at: now });
    const order = ends === null ? given : { ...given, until: ends };
    if (order.until !== null && order.until <= now) {
      throw new HeliographError('HG_LIMITS_ORDER', `until: ${parsed.data.until} is over already`);
    }
    if (this.inForce(now).filter((one) => one.id !== id).length >= MOST_ORDERS) {
      throw new HeliographError('HG_LIMITS_ORDER', `there are ${MOST_ORDERS} already; lift some first`);
    }
    const before = this.#entries.get(id)?.order;
    const changed = this.#later(now);
    const entries: Entry[] = [{ order: { ...order, lifted: null }, changed }];
    // Who had it blocked before, and why, is not lost with a new order for the same.
    if (before) {
      const over = before.lifted ?? (isOver(before, now) ? null : { by: order.by, at: now });
      entries.push({ order: { ...before, id: `${id}-${before.at.toString(36)}`, lifted: over }, changed });
    }
    this.#write(entries);
    this.#forget(now);
    return order;
  }

  /** Ends an order. @throws HeliographError HG_LIMITS_UNKNOWN: there is none in force of that id */
  lift(id: string, by: string, now: number): KeptOrder {
    const order = this.inForce(now).find((one) => one.id === id);
    if (!order)
      throw new HeliographError(
        'HG_LIMITS_UNKNOWN',
        `none in force has the id ${id}; "heliograph limits ls" shows them`,
        { id },
      );
    const lifted = { ...order, lifted: { by, at: now } };
    this.#write([{ order: lifted, changed: this.#later(now) }]);
    this.#forget(now);
    return lifted;
  }

  /** The newest first; with what is over. */
  all(): KeptOrder[] {
    return [...this.#entries.values()].map(({ order }) => order).sort((a, b) => b.at - a.at);
  }

  inForce(now: number): KeptOrder[] {
    return this.all().filter((order) => !isOver(order, now));
  }

  /** For relays, and for this process's own doors. */
  list(now: number): OrderList {
    return { version: this.newest(), orders: this.inForce(now).map(({ lifted: _, ...order }) => order) };
  }

  /** When the newest was changed, ms; 0: there never was one. */
  newest(): number {
    return this.#newest;
  }

  rows(): OrderRow[] {
    return [...this.#entries.values()].map(({ order, changed }) => ({
      id: order.id,
      document: JSON.stringify(order),
      changed,
    }));
  }

  /** Whatever is given from now on is newer than this: a relay has it of another core. */
  least(version: number): void {
    this.#least = Math.max(this.#least, version);
  }

  /**
   * Takes what another process of this core was told.
   * @returns whether any of it is news that is kept @throws HeliographError HG_LIMITS_MESSAGE
   */
  adopt(rows: unknown, now: number): boolean {
    const parsed = rowsSchema.safeParse(rows);
    if (!parsed.success) throw new HeliographError('HG_LIMITS_MESSAGE', z.prettifyError(parsed.error).slice(0, 500));
    const news = parsed.data
      .filter(({ id, changed }) => changed > (this.#entries.get(id)?.changed ?? 0))
      .map(({ document, changed }) => ({ order: keptOf(document), changed }));
    this.#write(news);
    this.#forget(now);
    return news.some((entry) => this.#entries.get(entry.order.id) === entry);
  }

  /** Later than all before, also when the clock was set back: relays take a list by its time. */
  #later(now: number): number {
    return Math.max(now, this.#newest + 1, this.#least + 1);
  }

  /** On disk first: what could not be written is not known. */
  #write(entries: readonly Entry[]): void {
    const put = this.#state.prepare(
      'INSERT INTO limit_orders VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET document = excluded.document, changed = excluded.changed',
    );
    transaction(this.#state, () => {
      for (const { order, changed } of entries) put.run(order.id, JSON.stringify(order), changed);
    });
    this.#remember(entries);
  }

  #remember(entries: readonly Entry[]): void {
    for (const entry of entries) {
      this.#entries.set(entry.order.id, entry);
      this.#newest = Math.max(this.#newest, entry.changed);
    }
  }

  #forget(now: number): void {
    const over = [...this.#entries.values()]
      .filter(({ order }) => isOver(order, now))
      .sort((a, b) => lastOf(b) - lastOf(a));
    const room = Math.max(0, this.#most - (this.#entries.size - over.length));
    const gone = over.filter(({ order }, at) => at >= room || endOf(order) <= now - KEPT_MS);
    if (gone.length === 0) return;
    const remove = this.#state.prepare('DELETE FROM limit_orders WHERE id = ?');
    transaction(this.#state, () => {
      for (const { order } of gone) remove.run(order.id);
    });
    for (const { order } of gone) this.#entries.delete(order.id);
  }
}

const rowsSchema = z.array(
  z.object({ id: z.string().min(1).max(256), document: z.string().max(1 << 18), changed: z.number() }),
);

const keptOrder = wireOrder.extend({
  lifted: z.object({ by: z.string().max(ORDER_TEXT.by), at: z.number() }).nullable(),
});

/** @throws HeliographError HG_LIMITS_MESSAGE */
function keptOf(document: string): KeptOrder {
  try {
    return keptOrder.parse(JSON.parse(document)) as KeptOrder;
  } catch (cause) {
    throw new HeliographError('HG_LIMITS_MESSAGE', String(cause).slice(0, 500), {}, cause);
  }
}

/** Of one that is over. */
const endOf = ({ lifted, until }: KeptOrder): number => Math.min(until ?? Infinity, lifted?.at ?? Infinity);

/** Never before its last change, also when the clock was set back: what was changed last is not forgotten, because the version of the list is its time. */
const lastOf = ({ order, changed }: Entry): number => Math.max(changed, endOf(order));

function isOver({ lifted, until }: KeptOrder, now: number): boolean {
  return lifted !== null || (until !== null && until <= now);
}

/** `for` in place of `until`: by the clock of the core, whatever that of who asks says. @throws HeliographError HG_LIMITS_ORDER */
function spanOf(form: unknown, now: number): { readonly until: number | null; readonly rest: unknown } {
  if (typeof form !== 'object' || form === null || !('for' in form)) return { until: null, rest: form };
  const { for: span, ...rest } = form;
  const ms = typeof span === 'string' ? parseDuration(span) : null;
  if (ms === null || ms <= 0 || 'until' in rest) {
    throw new HeliographError('HG_LIMITS_ORDER', 'for: write a duration such as 2h, and no until beside it');
  }
  return { until: now + ms, rest };
}
