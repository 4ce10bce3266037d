import { DATA_CLASSES, type DataClass } from '../proto/class.ts';
import type { PressureLevel } from '../proto/control.ts';
import { addBodyFrame, addMetricFrame } from './frame-writer.ts';
import type { HostDefinitions } from './host-definitions.ts';
import type { HostQueue } from './host-queue.ts';
import type { HostState } from './host-state.ts';
import type { HostWire } from './host-wire.ts';
import { timeOf } from './schedule.ts';

/** Puts a host's waiting frames on the wire, as many as may be in flight, and holds back the classes that the relay says are too many. */
export class HostSending {
  readonly #host: HostState;
  readonly #wire: HostWire;
  readonly #queue: HostQueue;
  readonly #definitions: HostDefinitions;
  #pressure: Partial<Record<DataClass, PressureLevel>> = {};

  constructor(host: HostState, wire: HostWire, queue: HostQueue, definitions: HostDefinitions) {
    this.#host = host;
    this.#wire = wire;
    this.#queue = queue;
    this.#definitions = definitions;
  }

  /** What the relay says of its pressure is true for one connection. */
  forgetPressure(): void {
    this.#pressure = {};
  }

  setPressure(pressure: Readonly<Partial<Record<DataClass, PressureLevel>>>): void {
    Object.assign(this.#pressure, pressure);
    this.pump();
  }

  /** Sends whatever may be sent now. */
  pump(): void {
    this.fill();
    this.#wire.flush();
  }

  /** Puts whatever may be sent now into the batch, for who has more to say. */
  fill(): void {
    if (!this.#wire.open || !this.#wire.link) return;
    const { kind, number, shared } = this.#host;
    const { batch, schedule, stats } = shared;
    const now = performance.now();
    for (const dataClass of DATA_CLASSES) {
      const outbox = this.#queue.outbox(dataClass);
      if (!outbox || outbox.length === 0 || this.#pressure[dataClass] === 2) continue;
      for (;;) {
        const frame = outbox.takeReady(this.#wire.nextId, now);
        if (!frame) break;
        stats.framesSent++;
        if (frame.again) stats.framesRepeated++;
        const topic = this.#wire.topic(dataClass);
        if (frame.rows) {
          const time = timeOf(schedule, number, frame.rows.step);
          addMetricFrame(batch, topic, frame, kind, number, time, this.#definitions.basesOf(frame));
        } else addBodyFrame(batch, topic, frame);
      }
    }
  }
}
