import type { LimitOrder } from '../../lib/limits/order.ts';
import { encodeOrders } from '../../lib/limits/order-message.ts';
import type { OrderNeeds, OrderParts } from '../../lib/limits/order-parts.ts';
import type { HeldOrders, KeptOrder, RelayHolds } from './answer.ts';
import { CapShares } from './cap-shares.ts';
import type { OrderRow, OrderStore } from './order-store.ts';

/** A relay's process that can be told. */
export interface OrderLink {
  /** core/fleet/relay-key.ts */
  readonly key: string;
  sendOrders(list: Uint8Array): void;
  sendParts(parts: OrderParts): void;
}

/** What a relay says is wrong goes to other processes, and to people. */
const MOST_TROUBLE = 1000;

interface Link {
  /** Null: of a relay that is with another process of this core, which tells it. */
  readonly link: OrderLink | null;
  held: HeldOrders | null;
}

/** Where blocks and caps are given: it keeps them, and tells whoever carries them out. */
export class OrderDesk {
  readonly #store: OrderStore;
  readonly #now: () => number;
  readonly #shares: CapShares;
  readonly #links = new Map<string, Link>();
  readonly #changed: (() => void)[] = [];
  #ownDoors: boolean | null = null;
  #otherDoors: readonly boolean[] = [];

  /** @param now ms since the epoch @param steady ms, without steps */
  constructor(store: OrderStore, now: () => number, steady: () => number) {
    this.#store = store;
    this.#now = now;
    this.#shares = new CapShares(steady);
    this.#shares.setOrders(store.list(now()), true);
  }

  /** Told after each change. */
  onChange(run: () => void): void {
    this.#changed.push(run);
  }

  /** In force now. */
  orders(): LimitOrder[] {
    return [...this.#store.list(this.#now()).orders];
  }

  all(): KeptOrder[] {
    return this.#store.all();
  }

  version(): number {
    return this.#store.newest();
  }

  rows(): OrderRow[] {
    return this.#store.rows();
  }

  /** @throws HeliographError HG_LIMITS_ORDER */
  give(form: unknown, by: string): LimitOrder {
    const order = this.#store.give(form, by, this.#now());
    this.#tell();
    return order;
  }

  /** @throws HeliographError HG_LIMITS_UNKNOWN */
  lift(id: string, by: string): KeptOrder {
    const order = this.#store.lift(id, by, this.#now());
    this.#tell();
    return order;
  }

  /** Whether the doors of this process carry orders out; null: it has none. */
  ownDoors(counts: boolean | null): void {
    this.#ownDoors = counts;
  }

  /** The same of other processes of this core. */
  mirrorDoors(counts: readonly boolean[]): void {
    this.#otherDoors = counts;
  }

  /** Whether all doors of this core carry orders out. */
  get doors(): boolean {
    const all = [...(this.#ownDoors === null ? [] : [this.#ownDoors]), ...this.#otherDoors];
    return all.length > 0 && all.every((counts) => counts);
  }

  /** What another process of this core was told. @throws HeliographError HG_LIMITS_MESSAGE */
  adopt(rows: unknown): void {
    if (this.#store.adopt(rows, this.#now())) this.#tell();
  }

  /** A relay's stream stands. One that never had an order need not be told that there is none. */
  relayCame(link: OrderLink): void {
    this.#links.set(link.key, { link, held: null });
    if (this.version() > 0) link.sendOrders(this.#message());
  }

  /** A relay's process that counts series says what it sees of the caps, and what it carries out. */
  needs(link: OrderLink, needs: OrderNeeds): void {
    if (this.#links.get(link.key)?.link === link) this.#shares.heard(link, needs);
  }

  /** Called each second or so. */
  tick(): void {
    this.#shares.setOrders(this.#store.list(this.#now()));
    this.#shares.tick();
  }

  relayWent(link: OrderLink): void {
    this.#shares.went(link);
    if (this.#links.get(link.key)?.link === link) this.#links.delete(link.key);
  }

  heard(link: OrderLink, held: HeldOrders): void {
    const known = this.#links.get(link.key);
    if (known?.link !== link) return;
    const { version, counts, trouble } = held;
    const whole = Number.isFinite(version) ? version : 0;
    // A list of a core that this one knows nothing of: what is given from now on is newer.
    this.#store.least(whole);
    known.held = { version: whole, counts, trouble: trouble.slice(0, MOST_TROUBLE) };
  }

  /** What other processes of this core say of the relays that are with them. */
  mirror(said: ReadonlyMap<string, HeldOrders | null>): void {
    for (const [key, { link }] of this.#links) if (link === null && !said.has(key)) this.#links.delete(key);
    for (const [key, held] of said) {
      if (!this.#links.get(key)?.link) this.#links.set(key, { link: null, held });
    }
  }

  /** What the relays that are with this process hold. */
  held(): Map<string, HeldOrders | null> {
    const own = [...this.#links].filter(([, { link }]) => link !== null);
    return new Map(own.map(([key, { held }]) => [key, held]));
  }

  relays(): RelayHolds[] {
    const version = this.version();
    return [...this.#links]
      .map(([key, { held }]) => ({ key, ...held, state: stateOf(held, version) }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  #message(): Uint8Array {
    return encodeOrders({ ...this.#store.list(this.#now()), shared: true });
  }

  #tell(): void {
    // Parts before the orders that they are of: they are in force with these, and nobody waits for them.
    this.#shares.setOrders(this.#store.list(this.#now()));
    const message = this.#message();
    for (const { link } of this.#links.values()) link?.sendOrders(message);
    for (const run of this.#changed) run();
  }
}

function stateOf(held: HeldOrders | null, version: number): RelayHolds['state'] {
  // Of none at all a relay says nothing.
  if ((held?.version ?? 0) < version) return 'waiting';
  if (held && held.version > version) return 'newer';
  return held && !held.counts ? 'not_counted' : 'in_force';
}
