import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { HeliographError } from '../../lib/errors.ts';
import { transaction } from '../disk/transaction.ts';
import type { LevelOrder } from './level-answer.ts';
import { fitsHost, inForce, readLevelOrder } from './level-order.ts';

/** As another process of this core has it. */
export interface LevelRow {
  readonly id: string;
  /** JSON of a LevelOrder. */
  readonly document: string;
  /** When it was changed last, ms since the epoch; grows with each change. */
  readonly changed: number;
}

/** Orders that are over are shown for so long, and so long do hosts that were away hear that they are over. */
const KEPT_MS = 30 * 86_400_000;
/** In force at once. */
const MOST_IN_FORCE = 50;
/** With those that are over: whoever gives and lifts without end forgets the first of them. */
const MOST_KEPT = 200;

/** Orders of levels for hosts by pattern, durable; those that are over too, for a while. */
export class LevelStore {
  readonly #state: DatabaseSync;
  readonly #orders = new Map<string, LevelOrder>();
  #newest = 0;

  /** @param state of core/state.ts, `openState` */
  constructor(state: DatabaseSync) {
    this.#state = state;
    for (const { document, changed } of this.rows()) this.#know(readLevelOrder(document), changed);
  }

  /** @throws HeliographError HG_CORE_LEVELS: there are too many */
  give(order: LevelOrder, now: number): void {
    if (this.all().filter((one) => inForce(one, now)).length >= MOST_IN_FORCE)
      throw new HeliographError('HG_CORE_LEVELS', `there are ${MOST_IN_FORCE} in force already; lift some first`);
    this.#write([{ order, changed: this.#later(now) }]);
    this.#forget(now);
  }

  /** Ends an order before its time. @throws HeliographError HG_CORE_LEVELS: there is none in force of that id */
  lift(id: string, by: string, now: number): LevelOrder {
    const order = this.#orders.get(id);
    if (order === undefined || !inForce(order, now))
      throw new HeliographError('HG_CORE_LEVELS', `none in force has the id ${id}; "heliograph level ls" shows them`, {
        id,
      });
    const lifted = { ...order, lifted: { by, at: now } };
    this.#write([{ order: lifted, changed: this.#later(now) }]);
    return lifted;
  }

  /** The newest first; with those that are over. */
  all(): LevelOrder[] {
    return [...this.#orders.values()].sort((a, b) => b.at - a.at);
  }

  /** Of a host, the oldest first; with those that are over. */
  of(host: string): LevelOrder[] {
    return this.all()
      .filter((order) => fitsHost(order, host))
      .reverse();
  }

  rows(): LevelRow[] {
    return this.#state.prepare('SELECT id, document, changed FROM level_orders').all() as unknown as LevelRow[];
  }

  /** When the newest was changed, ms; 0 if there never was one. */
  newest(): number {
    return this.#newest;
  }

  /** Takes what another process of this core was told. @returns what is news @throws HeliographError HG_CORE_LEVELS */
  adopt(rows: unknown): LevelOrder[] {
    const parsed = rowsSchema.safeParse(rows);
    if (!parsed.success) throw new HeliographError('HG_CORE_LEVELS', z.prettifyError(parsed.error).slice(0, 500));
    const known = new Map(this.rows().map(({ id, changed }) => [id, changed]));
    const news = parsed.data
      .filter(({ id, changed }) => changed > (known.get(id) ?? 0))
      .map(({ document, changed }) => ({ order: readLevelOrder(document), changed }));
    this.#write(news);
    this.#forget(this.#newest);
    return news.map(({ order }) => order);
  }

  /** Later than all before, also when the clock was set back: others take an order by its time. */
  #later(now: number): number {
    return Math.max(now, this.#newest + 1);
  }

  /** On disk first: what could not be written is not known. */
  #write(entries: readonly { readonly order: LevelOrder; readonly changed: number }[]): void {
    const put = this.#state.prepare(
      'INSERT INTO level_orders VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET document = excluded.document, changed = excluded.changed',
    );
    transaction(this.#state, () => {
      for (const { order, changed } of entries) put.run(order.id, JSON.stringify(order), changed);
    });
    for (const { order, changed } of entries) this.#know(order, changed);
  }

  #know(order: LevelOrder, changed: number): void {
    this.#orders.set(order.id, order);
    this.#newest = Math.max(this.#newest, changed);
  }

  #forget(now: number): void {
    const over = this.all()
      .filter((order) => !inForce(order, now))
      .sort((a, b) => endOf(b) - endOf(a));
    const room = Math.max(0, MOST_KEPT - (this.#orders.size - over.length));
    for (const [at, { id, until }] of over.entries()) {
      if (at < room && until >= now - KEPT_MS) continue;
      this.#state.prepare('DELETE FROM level_orders WHERE id = ?').run(id);
      this.#orders.delete(id);
    }
  }
}

const endOf = ({ lifted, until }: LevelOrder): number => lifted?.at ?? until;

const rowsSchema = z
  .array(z.object({ id: z.string().min(1).max(64), document: z.string().max(1 << 14), changed: z.number() }))
  .max(2 * MOST_KEPT);
