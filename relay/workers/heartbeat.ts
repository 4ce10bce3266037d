/** How often a worker says that its event loop turns, and the supervisor looks whether it said so, ms. */
export const BEAT_MS = 1000;

/** How long a worker may do nothing before it is taken for hung, ms. */
export interface Patience {
  /** Until its event loop has a turn. A turn of 20 ms is long already, a collection of a large heap on a busy machine some seconds. */
  readonly loopMs: number;
  /** Until the disk does what it was asked. Writes behind a bulk writer take parts of a second, on a failing disk some. */
  readonly diskMs: number;
  /** Until the first turn of a process that was just started. */
  readonly startMs: number;
}

export const PATIENCE: Patience = { loopMs: 20_000, diskMs: 60_000, startMs: 60_000 };
/** A loop without a turn for so long has fallen silent: it is not hung yet, but nobody takes its silence for an answer, ms. */
const QUIET_MS = 5000;
/** A disk that was asked longer ago than this is not given up yet, but nobody waits for it anew, ms. */
const SLOW_DISK_MS = 5000;

export type Hang = { readonly cause: 'start' | 'loop' | 'disk'; readonly detail: string };

/**
 * Whether a worker hangs: its event loop has no turn (stopped, an endless loop, a read that blocks), or it turns, and the disk
 * does not answer. Silence is counted in looks of the supervisor's own loop, not by a clock: when the machine or the supervisor
 * stood still, nobody's word was heard, and that is nobody's fault.
 */
export class Heartbeat {
  readonly #patience: Patience;
  /** Looks since its last word. */
  #silent = 0;
  #heard = false;
  #diskMs = 0;

  constructor(patience: Patience) {
    this.#patience = patience;
  }

  /** Its word. @param diskMs how long its oldest file operation has been waiting */
  beat(diskMs: number): void {
    this.#silent = 0;
    this.#heard = true;
    this.#diskMs = diskMs;
  }

  /** A look, every BEAT_MS. @returns null: it does not hang, as far as can be told */
  look(): Hang | null {
    const { loopMs, diskMs, startMs } = this.#patience;
    const silentMs = ++this.#silent * BEAT_MS;
    if (!this.#heard) {
      return silentMs > startMs
        ? { cause: 'start', detail: `it said nothing for ${startMs / 1000} s after its start` }
        : null;
    }
    if (silentMs > loopMs) return { cause: 'loop', detail: `its event loop had no turn for ${loopMs / 1000} s` };
    if (this.#diskMs > diskMs) return { cause: 'disk', detail: `its disk did not answer for ${diskMs / 1000} s` };
    return null;
  }

  /** Its loop has fallen silent. */
  get quiet(): boolean {
    return this.#heard && this.#silent * BEAT_MS >= QUIET_MS;
  }

  /** How long its disk has not answered, ms; 0: it does, as fast as disks do. */
  get slowDiskMs(): number {
    return this.#diskMs >= SLOW_DISK_MS ? this.#diskMs : 0;
  }
}
