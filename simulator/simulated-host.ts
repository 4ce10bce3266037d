import type { ClientCertificate } from './client-context.ts';
import type { FleetKind } from './fleet-kind.ts';
import { HostConnection } from './host-connection.ts';
import { HostDefinitions } from './host-definitions.ts';
import { HostQueue } from './host-queue.ts';
import { HostSampling } from './host-sampling.ts';
import { HostSending } from './host-sending.ts';
import type { HostShared, HostState } from './host-state.ts';
import { HostStatus } from './host-status.ts';
import { HostTrouble } from './host-trouble.ts';
import { HostWire } from './host-wire.ts';
import { HostWriting } from './host-writing.ts';
import { newLife } from './life.ts';
import { skewOf } from './schedule.ts';
import type { HostTruth } from './truth.ts';
import { Job } from './wheel.ts';

/** One honest host: its own connection, certificate, boots, sequences and definitions; values from the recording. */
export class SimulatedHost {
  readonly number: number;
  readonly trouble: HostTrouble;
  readonly #state: HostState;
  readonly #wire: HostWire;
  readonly #queue: HostQueue;
  readonly #sending: HostSending;
  readonly #sampling: HostSampling;
  readonly #writing: HostWriting;
  readonly #connection: HostConnection;
  readonly #reviving = new Job((now) => this.#revive(now));

  constructor(number: number, name: string, kind: FleetKind, certificate: ClientCertificate, shared: HostShared) {
    const { schedule } = shared;
    const skew = skewOf(schedule, number);
    const life = newLife(schedule.seed, number, 0, schedule.startedAt);
    const state: HostState = { number, name, kind, shared, skew, life, alive: false, ending: false, stopped: false };
    const wire = new HostWire(state);
    const queue = new HostQueue(state);
    const definitions = new HostDefinitions(state, wire, queue);
    const sending = new HostSending(state, wire, queue, definitions);
    const status = new HostStatus(state, wire, queue);
    const trouble = new HostTrouble(state, wire, queue);
    this.number = number;
    this.trouble = trouble;
    this.#state = state;
    this.#wire = wire;
    this.#queue = queue;
    this.#sending = sending;
    this.#sampling = new HostSampling(state, wire, queue, definitions, sending, status);
    this.#writing = new HostWriting(state, queue, sending);
    this.#connection = new HostConnection(state, certificate, { wire, queue, definitions, sending, status, trouble });
  }

  /** Frames that are not acknowledged. */
  get queued(): number {
    return this.#queue.length;
  }

  get connected(): boolean {
    return this.#wire.open;
  }

  /** Begins to sample with the next step, and connects. */
  start(now: number): void {
    this.#state.alive = true;
    this.#sampling.start(now);
    this.#writing.start(now);
    this.#state.shared.connect(this.#connection);
  }

  /** A line every so many ms from now on; 0: none. */
  setLines(every: number, now: number): void {
    this.#writing.set(every, now);
  }

  /** The connection breaks, and the host comes back at once: with all others, that is a storm. */
  storm(now: number): void {
    if (!this.#state.alive || this.#state.stopped) return;
    this.trouble.beginStorm();
    this.#connection.breakOff(now);
  }

  /** No network until then: what is sampled meanwhile waits in the outbox. */
  outage(until: number): void {
    this.trouble.offlineUntil = until;
    this.#connection.drop('network lost');
  }

  /** The machine goes down now, and is up again, with a new boot, after `downMs`. */
  restart(now: number, downMs: number): void {
    const { shared } = this.#state;
    if (!this.#state.alive || this.#state.stopped) return;
    shared.stats.restarts++;
    this.#sampling.flush(now);
    this.#state.alive = false;
    this.#connection.drop('restarted');
    this.trouble.endStorm();
    this.#reviving.at = now + downMs;
    shared.wheel.add(this.#reviving);
  }

  #revive(now: number): void {
    const state = this.#state;
    if (state.stopped || state.ending) return;
    const { schedule } = state.shared;
    this.#queue.endLife(state.life.boot);
    state.life = newLife(schedule.seed, state.number, state.life.number + 1, schedule.startedAt);
    this.#connection.forgetSession();
    this.start(now);
  }

  /** The last samples are sent; no new ones. */
  end(): void {
    if (this.#state.alive) this.#sampling.flush(this.#state.shared.now());
    this.#state.alive = false;
    this.#state.ending = true;
    this.trouble.bad = false;
    this.#sending.pump();
    // A machine that is down just now comes up once more, for what its disk has.
    if (!this.#wire.link && this.queued > 0) this.#state.shared.connect(this.#connection);
  }

  /** Says a last status and goodbye; `connected` is false when that is done. What is not acknowledged stays so. */
  stop(): void {
    if (this.#state.stopped) return;
    this.#state.stopped = true;
    this.#connection.sayGoodbye();
  }

  /** Ends the connection without waiting for anything. */
  drop(): void {
    this.#state.stopped = true;
    this.#connection.drop('stopped');
  }

  truth(): HostTruth {
    const { number, name, skew } = this.#state;
    const { steps, lines } = this.#queue.unacknowledged();
    return {
      number,
      name,
      skew,
      steps: this.#sampling.steps,
      lines: this.#writing.spans(),
      openSteps: steps.pairs(),
      openLines: lines.pairs(),
    };
  }
}
