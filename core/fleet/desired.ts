import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { HeliographError } from '../../lib/errors.ts';
import { type Logger, silentLog } from '../../lib/log.ts';
import { MOST_WISHES } from '../../proto/desired.ts';
import { encodeDesired, type LevelWish, LOG_LEVELS, wishesOfDesired } from '../../proto/message.ts';
import { transaction } from '../disk/transaction.ts';
import type { LevelOrder } from './level-answer.ts';
import { fitsHost, inForce, levelOrder } from './level-order.ts';
import { LevelStore } from './level-store.ts';

/** What a person may ask of a collector: the lowest level it sends, by service, until a time. */
export const desiredSchema = z.strictObject({
  version: z.literal(1),
  levels: z.record(z.string().min(1).max(128), z.enum(LOG_LEVELS)),
  /** ms since the epoch; after that the collector goes back to its own configuration. */
  until: z.number().int().positive().optional(),
});

export type Desired = z.output<typeof desiredSchema>;

/**
 * Desired configuration by host, durable: documents, and orders of levels for hosts by pattern. A deleted one stays as an empty document until its
 * relays have heard.
 */
export class DesiredStore {
  readonly levels: LevelStore;
  readonly #state: DatabaseSync;
  readonly #log: Logger;
  readonly #documents = new Map<string, string | null>();
  /** Hosts of which more is wanted than a collector takes. */
  readonly #over = new Set<string>();

  constructor(state: DatabaseSync, log: Logger = silentLog) {
    this.#state = state;
    this.#log = log;
    this.levels = new LevelStore(state);
    const rows = state.prepare('SELECT host, document FROM desired').all() as unknown as {
      host: string;
      document: string | null;
    }[];
    for (const row of rows) this.#documents.set(row.host, row.document);
  }

  /** @throws HeliographError HG_CORE_DESIRED for a document that says something else than levels, or more than fits beside the orders in force */
  put(host: string, document: unknown, now: number): Desired {
    const parsed = desiredSchema.safeParse(document);
    if (!parsed.success) {
      const said = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'document'}: ${issue.message}`);
      throw new HeliographError('HG_CORE_DESIRED', said.join('; '), { host });
    }
    const services = Object.keys(parsed.data.levels).length;
    const orders = this.levels.of(host).filter((order) => inForce(order, now)).length;
    if (orders > 0 && services + orders > MOST_WISHES)
      throw new HeliographError('HG_CORE_DESIRED', `levels: ${tooMany(services, orders)}`, { host });
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
    const orders = this.levels.of(host);
    const good = orders.filter((order) => inForce(order, now));
    if (good.length === 0) return text === undefined && orders.length === 0 ? undefined : Buffer.from(text ?? '');
    const own = text ? (JSON.parse(text) as Desired) : null;
    const all: LevelWish[] = own === null ? [] : [...wishesOfDesired({ levels: own.levels, until: own.until ?? null })];
    for (const { service, level, until, by, why } of good) all.push({ service, level, until, by, why });
    const wishes = this.#newestOf(host, all);
    // For collectors that know no wishes: what they can read of it, until the first of them ends.
    const levels = Object.fromEntries(wishes.map(({ service, level }) => [service, level]));
    const until = Math.min(...wishes.map((wish) => wish.until ?? Number.POSITIVE_INFINITY));
    return encodeDesired({ levels, until: Number.isFinite(until) ? until : null, wishes });
  }

  /** @throws HeliographError HG_CORE_LEVELS for an order that cannot be given so */
  give(form: unknown, by: string, now: number): LevelOrder {
    const order = levelOrder(form, by, now);
    for (const host of this.#documents.keys()) {
      const services = Object.keys(this.get(host)?.levels ?? {}).length;
      if (services === 0 || !fitsHost(order, host)) continue;
      const orders = this.levels.of(host).filter((one) => inForce(one, now)).length + 1;
      if (services + orders > MOST_WISHES)
        throw new HeliographError('HG_CORE_LEVELS', `${host}: ${tooMany(services, orders)}`, { host });
    }
    this.levels.give(order, now);
    return order;
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

  /** Takes what another process of this core was told. @returns the hosts for which it is news */
  adopt(documents: readonly { host: string; document: string | null; changed: number }[]): string[] {
    const known = new Map(this.all().map((one) => [one.host, one.changed]));
    const news = documents.filter(({ host, changed }) => changed > (known.get(host) ?? 0));
    for (const { host, document } of news) {
      const parsed = document === null ? null : desiredSchema.safeParse(JSON.parse(document));
      if (parsed?.success === false) throw new HeliographError('HG_CORE_DESIRED', String(parsed.error), { host });
    }
    transaction(this.#state, () => {
      for (const { host, document, changed } of news) this.#write(host, document, changed);
    });
    return news.map(({ host }) => host);
  }

  /** Later than all before, also when the clock was set back: others take a document by its time. */
  #later(now: number): number {
    return Math.max(now, this.newest() + 1);
  }

  /** A collector that is told more refuses all of it. Processes of a split core can each be told what fits only by itself. */
  #newestOf(host: string, wishes: readonly LevelWish[]): readonly LevelWish[] {
    const left = wishes.length - MOST_WISHES;
    if (left <= 0) this.#over.delete(host);
    else if (!this.#over.has(host)) {
      this.#over.add(host);
      this.#log.warn('more levels are wanted of a host than it takes: the oldest are left out', { host, left });
    }
    return wishes.slice(-MOST_WISHES);
  }

  #write(host: string, document: string | null, now: number): void {
    this.#state
      .prepare(
        'INSERT INTO desired VALUES (?, ?, ?) ON CONFLICT (host) DO UPDATE SET document = excluded.document, changed = excluded.changed',
      )
      .run(host, document, now);
    this.#documents.set(host, document);
  }
}

function tooMany(services: number, orders: number): string {
  return `${services} services of its own configuration and ${orders} orders in force, and a collector takes ${MOST_WISHES} together; lift an order, or name fewer services`;
}
