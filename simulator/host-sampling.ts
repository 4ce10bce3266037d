import type { HostDefinitions } from './host-definitions.ts';
import type { HostQueue } from './host-queue.ts';
import type { HostSending } from './host-sending.ts';
import type { HostState } from './host-state.ts';
import { offsetOf } from './schedule.ts';
import type { StepSpan } from './truth.ts';
import { Job } from './wheel.ts';

/** When a host samples, and which steps become which frames. The values follow from host, life and step, and are written on the way out. */
export class HostSampling {
  /** All that was sampled. */
  readonly steps: StepSpan[] = [];
  readonly #host: HostState;
  readonly #queue: HostQueue;
  readonly #definitions: HostDefinitions;
  readonly #sending: HostSending;
  readonly #job = new Job((now) => this.#due(now));
  /** The next one. */
  #step = 0;
  /** Instants before it that are in no frame yet. */
  #gathered = 0;

  constructor(host: HostState, queue: HostQueue, definitions: HostDefinitions, sending: HostSending) {
    this.#host = host;
    this.#queue = queue;
    this.#definitions = definitions;
    this.#sending = sending;
  }

  /** Begins a life with the next step. */
  start(now: number): void {
    const { schedule, wheel } = this.#host.shared;
    this.#step = Math.max(0, Math.ceil((now - this.#trueTime(0)) / schedule.intervalMs));
    this.#gathered = 0;
    this.#job.at = this.#trueTime(this.#step);
    wheel.add(this.#job);
  }

  /** The instants gathered so far become a frame. */
  flush(): void {
    const instants = this.#gathered;
    if (instants === 0) return;
    const step = this.#step - instants;
    this.#gathered = 0;
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

  #due(now: number): void {
    if (!this.#host.alive) return;
    const { schedule, instants, wheel } = this.#host.shared;
    for (let due = this.#job.at; due <= now; due += schedule.intervalMs) {
      this.#gathered++;
      this.#step++;
      if (this.#step % instants === 0 || this.#gathered >= instants) this.flush();
    }
    this.#job.at = this.#trueTime(this.#step);
    wheel.add(this.#job);
    this.#sending.pump();
  }
}
