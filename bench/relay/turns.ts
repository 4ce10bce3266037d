import { createHistogram } from 'node:perf_hooks';

/** How often it is looked, ms. */
const STEP_MS = 4;

export interface TurnFigures {
  /** CPU of the longest turn of the event loop, ms: on a machine that others keep busy too, this is what the process itself does. */
  readonly cpuMax: number;
  readonly cpuP99: number;
  /** How late the latest turn was, ms: waiting for a core is in it. */
  readonly lateMax: number;
  readonly lateP99: number;
}

/** Measures the turns of this process' event loop. */
export class Turns {
  readonly #cpu = createHistogram();
  readonly #late = createHistogram();
  #timer: NodeJS.Timeout | null = null;
  #cpuAt = 0;
  #due = 0;

  begin(): void {
    this.#cpu.reset();
    this.#late.reset();
    this.#cpuAt = cpuMicroseconds();
    this.#due = performance.now() + STEP_MS;
    this.#timer = setInterval(() => this.#look(), STEP_MS);
  }

  end(): TurnFigures {
    if (this.#timer) clearInterval(this.#timer);
    const ms = (microseconds: number) => microseconds / 1000;
    return {
      cpuMax: ms(this.#cpu.max),
      cpuP99: ms(this.#cpu.percentile(99)),
      lateMax: ms(this.#late.max),
      lateP99: ms(this.#late.percentile(99)),
    };
  }

  /** Between two looks lies one turn, or several short ones. */
  #look(): void {
    const cpu = cpuMicroseconds();
    const now = performance.now();
    this.#cpu.record(Math.max(1, Math.round(cpu - this.#cpuAt)));
    this.#late.record(Math.max(1, Math.round((now - this.#due) * 1000)));
    this.#cpuAt = cpu;
    this.#due = now + STEP_MS;
  }
}

/** Of this thread alone: garbage collection and the disk have theirs. */
function cpuMicroseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}
