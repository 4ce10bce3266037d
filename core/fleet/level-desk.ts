import type { DesiredStore } from './desired.ts';
import type { Fleet } from './fleet.ts';
import type { LevelOrder, LevelTold } from './level-answer.ts';
import { fitsHost, inForce } from './level-order.ts';

/** Hosts that are told in one go; the event loop gets its turn between. */
const AT_ONCE = 500;

/** Where levels are ordered: it keeps the orders, tells the hosts they fit, and tells them again when one is over. */
export class LevelDesk {
  readonly #desired: DesiredStore;
  readonly #fleet: Pick<Fleet, 'hosts' | 'sendDesired'>;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(desired: DesiredStore, fleet: Pick<Fleet, 'hosts' | 'sendDesired'>, now: () => number) {
    this.#desired = desired;
    this.#fleet = fleet;
    this.#now = now;
    this.#watch();
  }

  orders(): LevelOrder[] {
    return this.#desired.levels.all();
  }

  /** @returns the order, and how many hosts it fits now @throws HeliographError HG_CORE_LEVELS */
  give(form: unknown, by: string): LevelTold {
    const order = this.#desired.give(form, by, this.#now());
    return { order, hosts: this.tell([order]) };
  }

  /** @throws HeliographError HG_CORE_LEVELS */
  lift(id: string, by: string): LevelTold {
    const order = this.#desired.levels.lift(id, by, this.#now());
    return { order, hosts: this.tell([order]) };
  }

  /** Hosts that orders fit are told what is wanted of them now. @returns how many there are */
  tell(orders: readonly LevelOrder[]): number {
    const hosts = this.#fleet
      .hosts()
      .flatMap(({ host }) => (orders.some((order) => fitsHost(order, host)) ? [host] : []));
    this.#send(hosts);
    this.#watch();
    return hosts.length;
  }

  /** How many of the hosts an order fits. */
  fitting(order: LevelOrder, hosts: readonly string[]): number {
    return hosts.reduce((count, host) => count + (fitsHost(order, host) ? 1 : 0), 0);
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #send(hosts: readonly string[]): void {
    if (this.#stopped) return;
    for (const host of hosts.slice(0, AT_ONCE)) this.#fleet.sendDesired(host);
    if (hosts.length > AT_ONCE) setImmediate(() => this.#send(hosts.slice(AT_ONCE)));
  }

  /** Waits for the next order to end: collectors see it by themselves, but who connects later must not hear of it. */
  #watch(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const now = this.#now();
    const next = this.orders().filter((order) => inForce(order, now));
    if (next.length === 0 || this.#stopped) return;
    const end = Math.min(...next.map(({ until }) => until));
    const wait = Math.min(Math.max(0, end - now) + 50, 86_400_000);
    this.#timer = setTimeout(() => {
      const over = this.#now();
      this.tell(next.filter((order) => !inForce(order, over)));
    }, wait).unref();
  }
}
