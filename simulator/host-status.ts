import { DATA_CLASSES } from '../proto/class.ts';
import { encodeStatus } from '../proto/message.ts';
import type { HostQueue } from './host-queue.ts';
import type { HostState } from './host-state.ts';
import type { HostWire } from './host-wire.ts';
import { Job } from './wheel.ts';

const STATUS_MS = 15_000;

/** What a host says of itself: where its sequences stand, and its account of what came in, went out and was given up. */
export class HostStatus {
  /** Names the present connection. */
  connection = '';
  readonly #host: HostState;
  readonly #wire: HostWire;
  readonly #queue: HostQueue;
  readonly #job = new Job(() => this.say());

  constructor(host: HostState, wire: HostWire, queue: HostQueue) {
    this.#host = host;
    this.#wire = wire;
    this.#queue = queue;
  }

  /** Now, and every fifteen seconds while it is connected. */
  say(): void {
    if (!this.#wire.open || this.#host.stopped) return;
    const { now, wheel } = this.#host.shared;
    this.publish();
    this.#job.at = now() + STATUS_MS;
    wheel.add(this.#job);
  }

  /** Once. Returns the packet identifier. */
  publish(): number {
    const id = this.#wire.publish('status', this.bytes('up'), true);
    this.#wire.flush();
    return id;
  }

  /** `down` is what the relay shall say when the connection breaks. */
  bytes(state: 'up' | 'down'): Uint8Array {
    const { kind, life, name, shared, skew } = this.#host;
    const { now, version } = shared;
    const time = Math.floor(now() + skew);
    const about = { connection: this.connection, boot: life.boot, time, version, profile: 'simulated' };
    if (state === 'down') return encodeStatus({ state, ...about, series: 0, classes: {}, ledger: null, sources: {} });
    const used = DATA_CLASSES.flatMap((dataClass) => {
      const outbox = this.#queue.outbox(dataClass);
      return outbox ? [{ dataClass, outbox }] : [];
    });
    const entries = used.map(({ dataClass, outbox }) => outbox.ledgerEntry(dataClass));
    const classes = Object.fromEntries(used.map(({ dataClass, outbox }) => [dataClass, outbox.status(life)]));
    const ledger = { version: 1, tier: 'collector', name, time, entries } as const;
    return encodeStatus({ state, ...about, series: kind.values.count, classes, ledger, sources: {} });
  }
}
