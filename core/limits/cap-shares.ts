import { isShared } from '../../lib/limits/order.ts';
import type { OrderList } from '../../lib/limits/order-message.ts';
import type { OrderNeeds, OrderParts } from '../../lib/limits/order-parts.ts';
import { divideCap } from './divide-cap.ts';

/** A relay's process that shares caps with others. */
export interface ShareLink {
  readonly key: string;
  sendParts(parts: OrderParts): void;
}

/** What a process has of one order. */
interface Part {
  /** The most that may be in force there: what it said last, and all that it was told since. */
  held: number;
  /** That it was told last. */
  told: number;
  /** That it is to have. */
  target: number;
  seen: number;
}

interface Holder {
  /** Null: it is away, and carries out what it has. */
  link: ShareLink | null;
  /** Of the newest parts that it was told. */
  number: number;
  goneAt: number;
  readonly parts: Map<string, Part>;
  /** As it said it last; also of orders that are not known here. */
  said: OrderNeeds['orders'];
}

/** A process that is away for so long has given back its part; when it comes it has what is free then, ms. */
const KEPT_MS = 3_600_000;
/** After the core's start it is not known who has which part of an older order: nobody gets more before those had time to come back, ms. */
const SETTLE_MS = 60_000;
/** An order is not divided anew more often: who gets another part looks at all of its series again, ms. */
const PAUSE_MS = 2000;
/** Nor for less than this share of the cap, where nobody came or went. */
const WORTH = 0.02;

/**
 * Shares the caps of orders over all processes of all relays: each has a part, by what it sees, and the parts in force are never more than the cap.
 * Who is to have less is told first, and others get that when it has said so. Who is cut off keeps what it has, and it stays counted.
 */
export class CapShares {
  readonly #now: () => number;
  readonly #start: number;
  readonly #holders = new Map<string, Holder>();
  #version = 0;
  #orders = new Map<string, { readonly most: number; readonly older: boolean; divided: number; dirty: boolean }>();

  /** @param now ms, without steps */
  constructor(now: () => number) {
    this.#now = now;
    this.#start = now();
  }

  /** The list that relays have, or are about to get. @param first as it was when the core started */
  setOrders({ version, orders }: OrderList, first = false): void {
    const before = this.#orders;
    this.#orders = new Map();
    for (const order of orders.filter(isShared)) {
      const { id } = order;
      const most = order.most ?? 0;
      const known = before.get(id);
      const same = known?.most === most;
      this.#orders.set(
        id,
        same ? known : { most, older: known?.older ?? first, divided: Number.NEGATIVE_INFINITY, dirty: true },
      );
    }
    for (const { parts } of this.#holders.values()) {
      for (const id of parts.keys()) if (!this.#orders.has(id)) parts.delete(id);
    }
    const other = version !== this.#version;
    this.#version = version;
    // Whoever held this list before the core had it went by no parts of the one before.
    this.#go(other ? [...this.#holders.values()].filter(({ link }) => link !== null) : []);
  }

  /** What a process sees, and carries out. The first of a stream makes it share. */
  heard(link: ShareLink, { number, orders }: OrderNeeds): void {
    let holder = this.#holders.get(link.key);
    const comes = holder?.link !== link;
    if (!holder) {
      holder = { link, number, goneAt: 0, parts: new Map(), said: orders };
      this.#holders.set(link.key, holder);
    }
    if (comes) {
      holder.link = link;
      holder.number = number;
    }
    holder.said = orders;
    for (const [id, order] of this.#orders) {
      const said = orders[id];
      const part = partOf(holder, id);
      part.seen = said?.seen ?? 0;
      if (comes) part.told = part.held = said?.part ?? 0;
      else if (number === holder.number) part.held = part.told;
      if (comes) order.dirty = true;
    }
    this.#go();
    // It waits for a word, be there nothing in it.
    if (comes && holder.number === number) this.#tell(holder);
  }

  went(link: ShareLink): void {
    const holder = this.#holders.get(link.key);
    if (holder?.link !== link) return;
    holder.link = null;
    holder.goneAt = this.#now();
  }

  /** Called each second or so. */
  tick(): void {
    const now = this.#now();
    for (const [key, { link, goneAt }] of this.#holders) {
      if (link !== null || now - goneAt < KEPT_MS) continue;
      this.#holders.delete(key);
      for (const order of this.#orders.values()) order.dirty = true;
    }
    this.#go();
  }

  /** By process: its part of an order, as it was told. */
  partsOf(id: string): Map<string, number> {
    return new Map([...this.#holders].map(([key, { parts }]) => [key, parts.get(id)?.told ?? 0]));
  }

  /** @param tell these in any case */
  #go(tell: readonly Holder[] = []): void {
    const now = this.#now();
    const changed = new Set(tell);
    for (const [id, order] of this.#orders) {
      const all = [...this.#holders.values()].map((holder) => ({ holder, part: partOf(holder, id) }));
      this.#divide(order, all, now);
      const here = all.filter(({ holder }) => holder.link !== null);
      for (const { holder, part } of here) {
        if (part.target >= part.told) continue;
        part.told = part.target;
        changed.add(holder);
      }
      if (order.older && now - this.#start < SETTLE_MS) continue;
      let room = order.most - all.reduce((sum, { part }) => sum + part.held, 0);
      for (const { holder, part } of here) {
        // What it is to give up only in part, and has still, it keeps.
        const next = Math.min(part.target, part.held + Math.max(0, room));
        if (next <= part.told) continue;
        room -= Math.max(0, next - part.held);
        part.told = next;
        part.held = Math.max(part.held, next);
        changed.add(holder);
      }
    }
    for (const holder of changed) this.#tell(holder);
  }

  #divide(
    order: { readonly most: number; divided: number; dirty: boolean },
    all: readonly { readonly holder: Holder; readonly part: Part }[],
    now: number,
  ): void {
    if (!order.dirty && now - order.divided < PAUSE_MS) return;
    const away = all.filter(({ holder }) => holder.link === null);
    const here = all.filter(({ holder }) => holder.link !== null);
    const kept = away.reduce((sum, { part }) => sum + part.held, 0);
    const parts = divideCap(
      Math.max(0, order.most - kept),
      here.map(({ part }) => part.seen),
    );
    const worth = Math.max(1, order.most * WORTH);
    const better = here.some(({ part }, at) => part.seen > part.target && parts[at]! >= part.target + worth);
    if (!order.dirty && !better) return;
    order.dirty = false;
    order.divided = now;
    for (const [at, { part }] of here.entries()) part.target = parts[at]!;
  }

  #tell(holder: Holder): void {
    holder.number++;
    const parts = [...holder.parts].map(([id, { told }]) => [id, told] as const);
    holder.link!.sendParts({ number: holder.number, version: this.#version, parts: Object.fromEntries(parts) });
  }
}

function partOf({ parts, said }: Holder, id: string): Part {
  let part = parts.get(id);
  if (!part) {
    // It may have it of another core, or from before this one lost its orders.
    const { part: had = 0, seen = 0 } = said[id] ?? {};
    part = { held: had, told: had, target: 0, seen };
    parts.set(id, part);
  }
  return part;
}
