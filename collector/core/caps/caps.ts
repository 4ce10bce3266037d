import type { PressureLevel } from '../../../proto/control.ts';
import type { Host } from '../host.ts';
import { CpuBudget } from './cpu-budget.ts';
import type { FlashBudget } from './flash-budget.ts';
import { Shedding } from './shedding.ts';

export interface CapSettings {
  /** Of one core, 0.25 for a quarter; null: no cap. */
  readonly cpu: number | null;
  /** Resident bytes; null: no cap. */
  readonly memory: number | null;
}

export interface CapsOptions {
  readonly host: Host;
  readonly settings: CapSettings;
  readonly flash: FlashBudget;
  /** Of the spool's cap, 0 to 1. */
  readonly spoolFill: () => number;
  /** The highest level of pressure that the relay has told for lines. */
  readonly relayPressure: () => PressureLevel;
  /** Lines that were left out so far. */
  readonly shedLines: () => number;
  /** It begins to leave lines out, and it is over. */
  readonly onChange: (
    type: 'collector.shedding' | 'collector.shedding_over',
    facts: Record<string, string | number>,
  ) => void;
}

const LOOK_MS = 5_000;
/** Of the memory's cap: over it is more than this, since who is at the cap is ended by the system; well below it is less than that. */
const OVER = 0.9;
const WELL_BELOW = 0.8;

/** A collector's caps: looks every few seconds at what it takes, and says what is left out for it. */
export class Caps {
  readonly shedding = new Shedding();
  readonly #options: CapsOptions;
  readonly #cpu: CpuBudget | null;
  #timer: number | null = null;
  #cpuShare = 0;
  /** Lines left out before it began. */
  #before = 0;

  constructor(options: CapsOptions) {
    this.#options = options;
    const { host, settings } = options;
    const cpuSeconds = host.cpuSeconds;
    this.#cpu =
      settings.cpu === null || cpuSeconds === undefined
        ? null
        : new CpuBudget(settings.cpu, cpuSeconds, () => host.mono());
  }

  start(): void {
    this.#timer = this.#options.host.timer(() => {
      this.look();
      this.start();
    }, LOOK_MS);
  }

  stop(): void {
    if (this.#timer !== null) this.#options.host.cancel(this.#timer);
    this.#timer = null;
  }

  /** How long reading of files has to wait, ms. */
  readWaitMs(): number {
    return this.#cpu?.waitMs() ?? 0;
  }

  /** Looks at all that has a cap. */
  look(): void {
    const { host, settings, spoolFill, relayPressure } = this.#options;
    const { shedding } = this;
    const before = shedding.step;
    shedding.spool(spoolFill(), relayPressure());
    if (this.#cpu !== null) {
      const { share, found } = this.#cpu.look();
      this.#cpuShare = share;
      shedding.measured('cpu', found);
    }
    if (settings.memory !== null) {
      const resident = host.memory();
      shedding.measured(
        'memory',
        resident > settings.memory * OVER ? 'over' : resident < settings.memory * WELL_BELOW ? 'well below' : 'within',
      );
    }
    if (shedding.step === before) return;
    this.#tell(before);
    const what = ['nothing', 'debug lines', 'lines below warning', 'lines below error'][shedding.step];
    host.log(shedding.step > before ? 'warn' : 'info', `left out for a cap: ${what}`, {
      reason: shedding.reason,
      collections: `every ${shedding.stretch}. interval`,
    });
  }

  /** An event when it begins and one when it is over, so that who looks for lines finds why there are none. */
  #tell(before: number): void {
    const { shedLines, onChange } = this.#options;
    const { step, reason } = this.shedding;
    if (before === 0) {
      this.#before = shedLines();
      onChange('collector.shedding', { reason, step });
    } else if (step === 0) onChange('collector.shedding_over', { lines: shedLines() - this.#before });
  }

  /** For the collector's own metrics. */
  figures(): Record<string, number> {
    const { settings, flash } = this.#options;
    return {
      shedding_step: this.shedding.step,
      interval_stretch: this.shedding.stretch,
      disk_written_bytes_total: flash.written,
      ...(this.#cpu === null ? {} : { cpu_share: this.#cpuShare, cpu_cap: settings.cpu! }),
      ...(settings.memory === null ? {} : { memory_cap_bytes: settings.memory }),
    };
  }
}
