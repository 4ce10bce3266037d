import { DATA_CLASSES } from '../proto/class.ts';
import type { HostQueue } from './host-queue.ts';
import type { HostState } from './host-state.ts';
import type { HostWire } from './host-wire.ts';
import { StatusWriter } from './status-writer.ts';
import { Job } from './wheel.ts';

const writer = new StatusWriter();
const STATUS_MS = 15_000;
/** So much earlier or later than that a status may go with a frame: the two leave in one write. */
const MOST_SHIFT_MS = STATUS_MS / 3;

/** What a host says of itself: where its sequences stand, and its account of what came in, went out and was given up. */
export class HostStatus {
  /** Names the present connection. */
  connection = '';
  readonly #host: HostState;
  readonly #wire: HostWire;
  readonly #queue: HostQueue;
  readonly #job = new Job((now) => this.#late(now));
  /** When the next one is due, ms since the epoch. */
  #due = Number.POSITIVE_INFINITY;

  constructor(host: HostState, wire: HostWire, queue: HostQueue) {
    this.#host = host;
    this.#wire = wire;
    this.#queue = queue;
  }

  /** Now, and every fifteen seconds in the mean while it is connected. */
  say(): void {
    if (!this.#wire.open || this.#host.stopped) return;
    this.publish();
    this.#next(this.#host.shared.now() + STATUS_MS);
  }

  /** A frame is about to leave: puts a status into the batch before it, if one is due soon, or was a moment ago. */
  goWithFrame(now: number): void {
    if (!this.#wire.open || this.#host.stopped || now < this.#due - this.#shift()) return;
    this.#add();
    this.#next(this.#due + STATUS_MS);
  }

  #next(due: number): void {
    this.#due = due;
    this.#job.at = due + this.#shift();
    this.#host.shared.wheel.add(this.#job);
  }

  /** Half the time between two frames, so that one of them is within it on either side. */
  #shift(): number {
    const { schedule, instants } = this.#host.shared;
    return Math.min(MOST_SHIFT_MS, (schedule.intervalMs * instants) / 2);
  }

  /** No frame came for it to go with. */
  #late(now: number): void {
    // The wheel runs what waits when it was due at first.
    if (now >= this.#job.at) this.say();
    else this.#host.shared.wheel.add(this.#job);
  }

  /** Once. Returns the packet identifier. */
  publish(): number {
    const id = this.#add();
    this.#wire.flush();
    return id;
  }

  #add(): number {
    return this.#wire.publish('status', this.bytes('up'), true);
  }

  /** Good until the next call. `down` is what the relay shall say when the connection breaks. */
  bytes(state: 'up' | 'down'): Uint8Array {
    const { kind, life, name, shared, skew } = this.#host;
    const { now, version } = shared;
    const time = Math.floor(now() + skew);
    const about = { connection: this.connection, boot: life.boot, time, version, profile: 'simulated' };
    if (state === 'down') return writer.write({ state, ...about, series: 0, classes: {}, ledger: null, sources: {} });
    const used = DATA_CLASSES.flatMap((dataClass) => {
      const outbox = this.#queue.outbox(dataClass);
      return outbox ? [{ dataClass, outbox }] : [];
    });
    const entries = used.map(({ dataClass, outbox }) => outbox.ledgerEntry(dataClass));
    const classes = Object.fromEntries(used.map(({ dataClass, outbox }) => [dataClass, outbox.status(life)]));
    const ledger = { version: 1, tier: 'collector', name, time, entries } as const;
    return writer.write({ state, ...about, series: kind.values.count, classes, ledger, sources: {} });
  }
}
