import type { HeliographError } from '../../../lib/errors.ts';
import type { Host } from '../../core/host.ts';
import type { Device } from './device.ts';
import { reasonOf } from './failure.ts';
import type { Gate } from './gate.ts';
import type { Names } from './names.ts';
import { type Poll, Poller } from './poll.ts';

/** What is counted of one device since it is in the table. */
export interface DeviceFigures {
  polls: number;
  /** By reason. */
  readonly failures: Map<string, number>;
  /** Turns that were left out because the poll before was still going on. */
  overruns: number;
  restarts: number;
  /** How long after its instant the last poll began, ms. */
  startedLateMs: number;
}

export interface ScheduleParts {
  readonly host: Host;
  readonly gate: Gate;
  readonly names: Names;
  /** A poll is over. @param instant ms since the epoch, of all its samples */
  readonly onPoll: (device: Device, instant: number, poll: Poll) => void;
}

/** One device's own clock: it is polled at its place in its interval, whatever the others do. */
export class DeviceSchedule {
  readonly device: Device;
  readonly figures: DeviceFigures = { polls: 0, failures: new Map(), overruns: 0, restarts: 0, startedLateMs: 0 };
  readonly poller: Poller;
  /** The last failure; null: it answered. */
  failure: HeliographError | null = null;
  /** What the log was told of last. */
  readonly told: { reason: string | null } = { reason: null };
  /** A poll is under way, and not only waiting for a place. */
  polling = false;
  readonly #parts: ScheduleParts;
  #timer: number | null = null;
  #busy = false;
  #stopped = false;

  constructor(parts: ScheduleParts, device: Device) {
    this.#parts = parts;
    this.device = device;
    this.poller = new Poller(parts.host, device);
  }

  start(): void {
    this.#wait(this.#parts.host.now());
  }

  /** Waits for the first turn after `from`. */
  #wait(from: number): void {
    const { host } = this.#parts;
    const { intervalMs, phaseMs } = this.device;
    const instant = Math.floor((from - phaseMs) / intervalMs + 1) * intervalMs + phaseMs;
    this.#timer = host.timer(() => {
      // A timer may fire a little before its time: the next turn is not this one again. A clock that was set back is another matter.
      const now = host.now();
      this.#wait(now < instant && instant - now < intervalMs / 2 ? instant : now);
      this.#turn(instant);
    }, instant - host.now());
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) this.#parts.host.cancel(this.#timer);
    this.#timer = null;
    this.poller.stop();
  }

  #turn(instant: number): void {
    if (this.#busy) {
      this.figures.overruns++;
      return;
    }
    this.#busy = true;
    const suspect = this.failure !== null;
    const { gate } = this.#parts;
    gate.enter(suspect, () => {
      this.#poll(instant).finally(() => {
        this.#busy = false;
        gate.leave(suspect);
      });
    });
  }

  async #poll(due: number): Promise<void> {
    if (this.#stopped) return;
    const { host, names, onPoll } = this.#parts;
    const late = host.now() - due;
    this.figures.startedLateMs = Math.max(0, late);
    // A clock that was set, or a turn that had to wait: then the samples have the time they were asked for at.
    const instant = Math.abs(late) < this.device.intervalMs / 2 ? due : Math.round(host.now());
    this.polling = true;
    const poll = await this.poller.poll(() => names.find(this.device));
    this.polling = false;
    if (this.#stopped) return;
    this.#count(poll);
    onPoll(this.device, instant, poll);
  }

  #count({ failure, restarted }: Poll): void {
    const { figures } = this;
    figures.polls++;
    if (restarted) figures.restarts++;
    if (failure !== null) {
      const reason = reasonOf(failure);
      figures.failures.set(reason, (figures.failures.get(reason) ?? 0) + 1);
    }
    this.failure = failure;
  }
}
