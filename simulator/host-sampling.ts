import type { HostDefinitions } from './host-definitions.ts';
import type { HostQueue } from './host-queue.ts';
import type { HostSending } from './host-sending.ts';
import type { HostState } from './host-state.ts';
import type { HostStatus } from './host-status.ts';
import type { HostWire } from './host-wire.ts';
import { offsetOf } from './schedule.ts';
import type { StepSpan } from './truth.ts';
import { Job } from './wheel.ts';

/** When a host samples, and which steps become which frames. The values follow from host, life and step, and are written on the way out. */
export class HostSampling {
  /** All that was sampled. */
  readonly steps: StepSpan[] = [];
  readonly #host: HostState;
  readonly #wire: HostWire;
  readonly #queue: HostQueue;
  readonly #definitions: HostDefinitions;
  readonly #sending: HostSending;
  readonly #status: HostStatus;
  readonly #job = new Job((now) => this.#due(now));
  /** The first one that is in no frame yet. */
  #step = 0;

  constructor(
    host: HostState,
    wire: HostWire,
    queue: HostQueue,
    definitions: HostDefinitions,
    sending: HostSending,
    status: HostStatus,
  ) {
    this.#host = host;
    this.#wire = wire;
    this.#queue = queue;
    this.#definitions = definitions;
    this.#sending = sending;
    this.#status = status;
  }

  /** Begins a life with the next step. */
  start(now: number): void {
    const { schedule, wheel } = this.#host.shared;
    this.#step = Math.max(0, Math.ceil((now - this.#trueTime(0)) / schedule.intervalMs));
    this.#job.at = this.#trueTime(this.#frameEnd() - 1);
    wheel.add(this.#job);
  }

  /** What was sampled by now becomes a frame. */
  flush(now: number): void {
    const { intervalMs } = this.#host.shared.schedule;
    // A process that is behind has more than one to make.
    for (;;) {
      const sampled = Math.floor((now - this.#trueTime(this.#step)) / intervalMs) + 1;
      if (sampled <= 0) return;
      this.#frame(Math.min(sampled, this.#frameEnd() - this.#step));
    }
  }

  /**
   * The step behind the last one of the frame that is being gathered. Hosts of a phase share their columns, so their frames end at the same steps;
   * those of other phases end at other ones, as the frames of a real fleet are spread over the time that a frame takes.
   */
  #frameEnd(): number {
    const { kind, shared, number } = this.#host;
    const shift = kind.values.phaseOf(number) % shared.instants;
    return (Math.floor((this.#step + shift) / shared.instants) + 1) * shared.instants - shift;
  }

  #frame(instants: number): void {
    const step = this.#step;
    this.#step += instants;
    const { kind, shared } = this.#host;
    const life = this.#host.life.number;
    const last = this.steps.at(-1);
    if (last && last.life === life && last.to === step - 1) last.to = this.#step - 1;
    else this.steps.push({ life, from: step, to: this.#step - 1 });
    this.#definitions.needBases(step);
    const items = instants * kind.values.count;
    shared.stats.samplesSent += items;
    this.#queue.add('metric', items, { rows: { step, instants }, body: null, lines: [] });
  }

  /** When the machine, whose clock may be wrong, really samples a step. */
  #trueTime(step: number): number {
    const { number, shared } = this.#host;
    const { schedule } = shared;
    return schedule.startedAt + offsetOf(schedule, number) + step * schedule.intervalMs;
  }

  /** The last sample of a frame is due: those before follow from it, and need no moment of their own. */
  #due(now: number): void {
    if (!this.#host.alive) return;
    // Before there is a frame: what leaves in the same write is not what waits here.
    this.#status.goWithFrame(now);
    for (;;) {
      const end = this.#frameEnd();
      this.#job.at = this.#trueTime(end - 1);
      if (this.#job.at > now) break;
      this.#frame(end - this.#step);
    }
    this.#host.shared.wheel.add(this.#job);
    this.#sending.fill();
    this.#wire.flush();
  }
}
