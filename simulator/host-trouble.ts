import { GARBAGE, garbage, NO_DEFINITION, NO_PAGE } from './garbage.ts';
import type { HostQueue } from './host-queue.ts';
import type { HostState } from './host-state.ts';
import type { HostWire } from './host-wire.ts';
import { Job } from './wheel.ts';

const GARBAGE_MS = 3000;

/** How a host misbehaves, and what befalls it: slow reading, garbage, a storm, a network that is gone. */
export class HostTrouble {
  /** Reads what the relay says seconds late. */
  slow = false;
  /** Sends garbage among the good; begun by `spoil`. */
  bad = false;
  /** No network until then, ms since the epoch. */
  offlineUntil = 0;
  readonly #host: HostState;
  readonly #wire: HostWire;
  readonly #queue: HostQueue;
  readonly #reading = new Job(() => this.#wire.link?.resume());
  readonly #spoiling = new Job(() => this.#spoil());
  #garbageSent = 0;
  /** Sent on this connection, and not refused yet. */
  #garbageOpen = 0;
  #storming = false;

  constructor(host: HostState, wire: HostWire, queue: HostQueue) {
    this.#host = host;
    this.#wire = wire;
    this.#queue = queue;
  }

  /** Starts to send garbage among the good. */
  spoil(now: number): void {
    const before = this.bad;
    this.bad = true;
    if (before) return;
    const { random, wheel } = this.#host.shared;
    this.#spoiling.at = now + random() * GARBAGE_MS;
    wheel.add(this.#spoiling);
  }

  #spoil(): void {
    const { life, shared, skew, stopped } = this.#host;
    if (!this.bad || stopped) return;
    this.#spoiling.at = shared.now() + GARBAGE_MS;
    shared.wheel.add(this.#spoiling);
    if (!this.#wire.open) return;
    const what = GARBAGE[this.#garbageSent % GARBAGE.length]!;
    const { topic, payload } = garbage(what, life.boot, this.#garbageSent, shared.now() + skew);
    this.#garbageSent++;
    this.#garbageOpen++;
    shared.stats.garbageSent++;
    this.#wire.publish(topic, payload);
    this.#wire.flush();
  }

  /** Asked for the page that nobody has: once answered with what is none, so that it is refused. The answer stands in the batch. */
  answerNeed(needed: ReadonlySet<string>): void {
    if (this.#garbageOpen > 0 && needed.has(NO_PAGE)) this.#wire.publish('definitions', NO_DEFINITION);
  }

  /** Whether a refusal is of garbage that waits for one. */
  takeRefusal(): boolean {
    if (this.#garbageOpen === 0) return false;
    this.#garbageOpen--;
    this.#host.shared.stats.garbageRefused++;
    return true;
  }

  /** A host that does not look at what it is sent for a while: false, and the link reads on by itself later. */
  readsOn(): boolean {
    if (!this.slow || this.#host.stopped || this.#host.ending) return true;
    const { now, random, wheel } = this.#host.shared;
    this.#reading.at = now() + 500 + random() * 2500;
    wheel.add(this.#reading);
    return false;
  }

  /** Its connection is about to break in a storm. */
  beginStorm(): void {
    this.#storming = true;
    this.#host.shared.stats.stormPending++;
  }

  /** Over for a host that is back, with nothing left of before. */
  stormMayBeOver(): void {
    if (this.#storming && this.#queue.length === 0) this.endStorm();
  }

  /** Over in any case, if there was one. */
  endStorm(): void {
    if (!this.#storming) return;
    this.#storming = false;
    this.#host.shared.stats.stormPending--;
  }

  /** Refusals of this connection cannot come any more. */
  disconnected(): void {
    this.#host.shared.stats.garbageUnanswered += this.#garbageOpen;
    this.#garbageOpen = 0;
  }
}
