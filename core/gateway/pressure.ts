import type { Registry } from '../../lib/metrics.ts';
import { DATA_CLASSES, type DataClass } from '../../proto/class.ts';
import type { PressureLevel } from '../../proto/control.ts';
import type { Bus } from '../ports/bus.ts';

/**
 * From which fill of the bus, 0 to 1, a class is to slow down and to stop: what matters least first, so that there is
 * room for errors when the log store is away for long. Events and errors are never stopped by it: the bus itself pushes
 * them back when it is full.
 */
const FILL_STEPS: Readonly<Partial<Record<DataClass, readonly [number, number]>>> = {
  error: [0.9, Number.POSITIVE_INFINITY],
  log: [0.6, 0.7],
  debug: [0.4, 0.5],
};
/** A level is left only this much below where it was entered. */
const HYSTERESIS = 0.05;
/** How often the bus is looked at, ms. */
const LOOK_EVERY_MS = 500;

export interface GatewayPressureOptions {
  /** Bytes of one class that wait here for a store: from the first it slows down, near the second it stops. */
  readonly slowBytes: number;
  readonly stopBytes: number;
  readonly bus: Bus;
  readonly registry: Registry;
}

/**
 * How much of each class this core can take: 0 all of it, 1 less, 2 nothing for now. Relays are told, and the doors ask.
 * The greater of two: the bytes of the class that wait here, from wherever they came, and how full the bus is.
 */
export class GatewayPressure {
  readonly #options: GatewayPressureOptions;
  readonly #waiting = new Map<DataClass, number>();
  readonly #byBytes = new Map<DataClass, PressureLevel>();
  readonly #byFill = new Map<DataClass, PressureLevel>();
  readonly #told = new Map<DataClass, PressureLevel>();
  readonly #timer: NodeJS.Timeout;
  #listener: (dataClass: DataClass, level: PressureLevel) => void = () => undefined;

  constructor(options: GatewayPressureOptions) {
    this.#options = options;
    options.registry
      .gauge(
        'heliograph_core_pressure',
        'What is asked of relays and doors, by class: 0 all, 1 less, 2 nothing for now',
      )
      .collect(() => DATA_CLASSES.map((name) => [{ class: name }, this.level(name)] as const));
    options.registry
      .gauge('heliograph_core_bus_fill', 'How full the bus is, 0 to 1; 0 for one that has no cap of ours')
      .collect(() => [[{}, this.#fill()]]);
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    this.look();
  }

  /** Told of each change of a level. */
  onChange(listener: (dataClass: DataClass, level: PressureLevel) => void): void {
    this.#listener = listener;
  }

  level(dataClass: DataClass): PressureLevel {
    return Math.max(this.#byBytes.get(dataClass) ?? 0, this.#byFill.get(dataClass) ?? 0) as PressureLevel;
  }

  /** All that is not 0, for a relay that has just come. */
  levels(): Map<DataClass, PressureLevel> {
    return new Map(DATA_CLASSES.map((name) => [name, this.level(name)]));
  }

  /** Whether the bus has no room left for this class: what comes is refused for now, whoever brings it. */
  stoppedByBus(dataClass: DataClass): boolean {
    return this.#byFill.get(dataClass) === 2;
  }

  /** Bytes of a class began to wait for a store (or, less than 0, wait no more). With a dead band, so that it does not flutter. */
  wait(dataClass: DataClass, bytes: number): void {
    const { slowBytes, stopBytes } = this.#options;
    const now = (this.#waiting.get(dataClass) ?? 0) + bytes;
    this.#waiting.set(dataClass, now);
    const before = this.#byBytes.get(dataClass) ?? 0;
    let level = before;
    if (now > stopBytes * 0.8) level = 2;
    else if (now > slowBytes) level = before === 2 && now > stopBytes * 0.5 ? 2 : 1;
    else if (now < slowBytes * 0.5) level = 0;
    this.#byBytes.set(dataClass, level);
    this.#tell(dataClass);
  }

  /** Looks how full the bus is. Called by a timer. */
  look(): void {
    const fill = this.#fill();
    for (const dataClass of DATA_CLASSES) {
      const steps = FILL_STEPS[dataClass];
      if (steps === undefined) continue;
      const [slow, stop] = steps;
      const before = this.#byFill.get(dataClass) ?? 0;
      const over = (edge: number, level: number) => fill >= (before >= level ? edge - HYSTERESIS : edge);
      this.#byFill.set(dataClass, over(stop, 2) ? 2 : over(slow, 1) ? 1 : 0);
      this.#tell(dataClass);
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #fill(): number {
    return this.#options.bus.fill?.() ?? 0;
  }

  #tell(dataClass: DataClass): void {
    const level = this.level(dataClass);
    if (level === (this.#told.get(dataClass) ?? 0)) return;
    this.#told.set(dataClass, level);
    this.#listener(dataClass, level);
  }
}
