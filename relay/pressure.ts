import { DATA_CLASSES, type DataClass } from '../proto/class.ts';
import type { PressureLevel } from '../proto/control.ts';

/** From which fill of the journal a class is to slow down and to stop. Alerts never are: they are few, and what all this is for. */
const STEPS: Readonly<Record<DataClass, readonly [number, number]>> = {
  alert: [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  metric: [0.9, 0.97],
  error: [0.95, Number.POSITIVE_INFINITY],
  log: [0.8, 0.9],
  debug: [0.7, 0.8],
};
/** A level is left only this much below where it was entered. */
const HYSTERESIS = 0.03;

/** How much the collectors should hold back, by class: the greater of what the core asks for and what the own journal's fill says. */
export class Pressure {
  readonly #own = new Map<DataClass, PressureLevel>();
  readonly #core = new Map<DataClass, PressureLevel>();

  /** @param level anything but 0, 1, 2 counts as 2: a later version may know more, and more is meant */
  fromCore(dataClass: DataClass, level: number): void {
    this.#core.set(dataClass, level === 0 || level === 1 ? level : 2);
  }

  /** The stream is gone, and with it what that core asked for. */
  coreGone(): void {
    this.#core.clear();
  }

  /** @param fill of the journal, 0 to 1 */
  fill(fill: number): void {
    for (const dataClass of DATA_CLASSES) {
      const [slow, stop] = STEPS[dataClass];
      const before = this.#own.get(dataClass) ?? 0;
      const at = (edge: number, level: number) => fill >= (before >= level ? edge - HYSTERESIS : edge);
      this.#own.set(dataClass, at(stop, 2) ? 2 : at(slow, 1) ? 1 : 0);
    }
  }

  levels(): Record<DataClass, PressureLevel> {
    const levels = {} as Record<DataClass, PressureLevel>;
    for (const dataClass of DATA_CLASSES) {
      levels[dataClass] = Math.max(this.#own.get(dataClass) ?? 0, this.#core.get(dataClass) ?? 0) as PressureLevel;
    }
    return levels;
  }
}
