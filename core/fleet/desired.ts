import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { HeliographError } from '../../lib/errors.ts';
import { encodeDesired, type LevelWish, LOG_LEVELS, wishesOfDesired } from '../../proto/message.ts';
import { transaction } from '../disk/transaction.ts';
import type { LevelOrder } from './level-answer.ts';
import { fitsHost, inForce, levelOrder, readLevelOrder } from './level-order.ts';

/** What a person may ask of a collector: the lowest level it sends, by service, until a time. */
export const desiredSchema = z.strictObject({
  version: z.literal(1),
  levels: z.record(z.string().min(1).max(128), z.enum(LOG_LEVELS)),
  /** ms since the epoch; after that the collector goes back to its own configuration. */
  until: z.number().int().positive().optional(),
});

export type Desired = z.output<typeof desiredSchema>;

/** Orders stand among the documents under names that no host can have: so other processes of this core hear of them the same way. */
const ORDER = 'level/';
/** Orders that are over are shown for so long, and so long do hosts that were away hear that they are over. */
const KEPT_MS = 30 * 86_400_000;
const MOST_ORDERS = 50;

/**
 * Desired configuration by host, durable: documents, and orders of levels for hosts by pattern. A deleted one stays as an empty document until its
 * relays have heard.
 */
export class DesiredStore {
  readonly #orders = new Map<string, LevelOrder>();
  readonly #state: DatabaseSync;
  readonly #documents = new Map<string, string | null>();

  constructor(state: DatabaseSync) {
    this.#state = state;
    const rows = state.prepare('SELECT host, document FROM desired').all() as unknown as {
      host: string;
      document: string | null;
    }[];
    for (const row of rows) this.#know(row.host, row.document);
  }

  /** @throws HeliographError HG_CORE_DESIRED for a document that says something else than levels */
  put(host: string, document: unknown, now: number): Desired {
    const parsed = desiredSchema.safeParse(document);
    if (!parsed.success) {
      const said = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'document'}: ${issue.message}`);
      throw new HeliographError('HG_CORE_DESIRED', said.join('; '), { host });
    }
    this.#write(host, JSON.stringify(parsed.data), this.#later(now));
    return parsed.data;
  }

  delete(host: string, now: number): boolean {
    if (this.get(host) === null) return false;
    this.#write(host, null, this.#later(now));
    return true;
  }

  get(host: string): Desired | null {
    const text = this.#documents.get(host);
    return text ? (JSON.parse(text) as Desired) : null;
  }

  /**
   * What a relay that holds the host must publish at `now`: document and orders in one, empty bytes when all is over, undefined if there never
   * was anything.
   */
  bytes(host: string, now: number): Uint8Array | undefined {
    const text = this.#documents.get(host);
    const orders = [...this.#orders.values()].filter((order) => fitsHost(order, host)).sort((a, b) => a.at - b.at);
    const good = orders.filter((order) => inForce(order, now));
    if (good.length === 0) return text === undefined && orders.length === 0 ? undefined : Buffer.from(text ?? '');
    const own = text ? (JSON.parse(text) as Desired) : null;
    const wishes: LevelWish[] =
      own === null ? [] : [...wishesOfDesired({ levels: own.levels, until: own.until ?? null })];
    for (const { service, level, until, by, why } of good) wishes.push({ service, level, until, by, why });
    // For collectors that know no wishes: what they can read of it, until the first of them ends.
    const levels = Object.fromEntries(wishes.map(({ service, level }) => [service, level]));
    const until = Math.min(...wishes.map((wish) => wish.until ?? Number.POSITIVE_INFINITY));
    return encodeDesired({ levels, until: Number.isFinite(until) ? until : null, wishes });
  }

  /** @throws HeliographError HG_CORE_LEVELS for an order that cannot be given so */
  give(form: unknown, by: string, now: number): LevelOrder {
    const order = levelOrder(form, by, now);
    if (this.orders().filter((one) => inForce(one, now)).length >= MOST_ORDERS)
      throw new HeliographError('HG_CORE_LEVELS', `there are ${MOST_ORDERS} in force already; lift some first`);
    this.#forgetBefore(now - KEPT_MS);
    this.#write(ORDER + order.id, JSON.stringify(order), this.#later(now));
    return order;
  }

  /** Ends an order before its time. @throws HeliographError HG_CORE_LEVELS: there is none in force of that id */
  lift(id: string, by: string, now: number): LevelOrder {
    const order = this.#orders.get(id);
    if (order === undefined || !inForce(order, now))
      throw new HeliographError('HG_CORE_LEVELS', `none in force has the id ${id}; "heliograph level ls" shows them`, {
        id,
      });
    const lifted = { ...order, lifted: { by, at: now } };
    this.#write(ORDER + id, JSON.stringify(lifted), this.#later(now));
    return lifted;
  }

  /** The newest first; with those that are over. */
  orders(): LevelOrder[] {
    return [...this.#orders.values()].sort((a, b) => b.at - a.at);
  }

  /** All documents with when each was changed, for the other processes of this core. */
  all(): { host: string; document: string | null; changed: number }[] {
    return this.#state.prepare('SELECT host, document, changed FROM desired').all() as unknown as {
      host: string;
      document: string | null;
      changed: number;
    }[];
  }

  /** When the newest was changed, ms; 0 if there is none. */
  newest(): number {
    const { newest } = this.#state.prepare('SELECT max(changed) AS newest FROM desired').get() as {
      newest: number | null;
    };
    return newest ?? 0;
  }

  /** Takes what another process of this core was told. @returns for which hosts it is news, and which orders are */
  adopt(documents: readonly { host: string; document: string | null; changed: number }[]): {
    hosts: string[];
    orders: LevelOrder[];
  } {
    const known = new Map(this.all().map((one) => [one.host, one.changed]));
    const news = documents.filter(({ host, changed }) => changed > (known.get(host) ?? 0));
    const orders: LevelOrder[] = [];
    for (const { host, document } of news) {
      if (host.startsWith(ORDER)) {
        if (document !== null) orders.push(readLevelOrder(document));
        continue;
      }
      const parsed = document === null ? null : desiredSchema.safeParse(JSON.parse(document));
      if (parsed?.success === false) throw new HeliographError('HG_CORE_DESIRED', String(parsed.error), { host });
    }
    transaction(this.#state, () => {
      for (const { host, document, changed } of news) this.#write(host, document, changed);
    });
    this.#forgetBefore(this.newest() - KEPT_MS);
    return { hosts: news.map(({ host }) => host).filter((host) => !host.startsWith(ORDER)), orders };
  }

  /** Later than all before, also when the clock was set back: others take a document by its time. */
  #later(now: number): number {
    return Math.max(now, this.newest() + 1);
  }

  #write(host: string, document: string | null, now: number): void {
    this.#state
      .prepare(
        'INSERT INTO desired VALUES (?, ?, ?) ON CONFLICT (host) DO UPDATE SET document = excluded.document, changed = excluded.changed',
      )
      .run(host, document, now);
    this.#know(host, document);
  }

  #know(host: string, document: string | null): void {
    if (!host.startsWith(ORDER)) this.#documents.set(host, document);
    else if (document !== null) this.#orders.set(host.slice(ORDER.length), readLevelOrder(document));
  }

  #forgetBefore(time: number): void {
    for (const { id, until } of this.orders()) {
      if (until >= time) continue;
      this.#state.prepare('DELETE FROM desired WHERE host = ?').run(ORDER + id);
      this.#orders.delete(id);
    }
  }
}
