import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Registry } from '../lib/metrics.ts';
import { type ComeBack, DRAINED_MS } from './come-back.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';

/** In the relay's folder: as long as it is there, the relay sends its hosts to others and takes nobody in. */
export const DRAIN_FILE = 'drain.json';
/** Over how long hosts are told to go, where the file does not say, ms. */
const OVER_MS = 30_000;
const MOST_OVER_MS = 3_600_000;

/** What the file says. */
export interface DrainOrder {
  readonly overMs: number;
  /** For how long hosts are asked to stay away, ms. */
  readonly awayMs: number;
}

/**
 * A relay that is drained: its hosts are told to go elsewhere, each at another moment, and whoever comes is told so too. It forwards what it has. It stays
 * drained over restarts, until the file is gone.
 */
export class Drain {
  readonly #file: string;
  readonly #sessions: Sessions;
  readonly #comeBack: ComeBack;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #log: Logger;
  /** When each is to go, monotonic ms. */
  #due: Map<Session, number> | null = null;

  /** @param options.directory the relay's folder, of all its workers */
  constructor(options: {
    directory: string;
    sessions: Sessions;
    comeBack: ComeBack;
    clock: Clock;
    /** In [0, 1). */
    random: () => number;
    log: Logger;
    metrics: Registry;
  }) {
    this.#file = join(options.directory, DRAIN_FILE);
    this.#sessions = options.sessions;
    this.#comeBack = options.comeBack;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#log = options.log;
    options.metrics
      .gauge('heliograph_relay_draining', '1 while the relay sends its hosts to others.')
      .collect(() => [[{}, this.#comeBack.draining ? 1 : 0]]);
    this.sweep();
  }

  /** Looks whether it is to drain, and tells those whose moment has come. Called now and then. */
  sweep(): void {
    if (statSync(this.#file, { throwIfNoEntry: false }) === undefined) {
      this.#due = null;
      if (!this.#comeBack.draining) return;
      this.#log.info('the relay is drained no more: hosts are welcome');
      this.#comeBack.welcome();
      return;
    }
    const now = this.#clock.mono();
    if (this.#due === null) {
      this.#comeBack.draining = true;
      // What it says counts at the begin; from then on only that it is there.
      const order = this.#order();
      this.#comeBack.awayMs = order.awayMs;
      const due = new Map<Session, number>();
      for (const session of this.#sessions.all()) due.set(session, now + this.#random() * order.overMs);
      this.#due = due;
      this.#log.warn('the relay is drained: its hosts are told to go to others', {
        hosts: due.size,
        over_ms: order.overMs,
      });
    }
    for (const [session, at] of this.#due) {
      if (at > now && !session.ended) continue;
      this.#due.delete(session);
      if (!session.ended) this.#comeBack.sendAway(session);
    }
  }

  #order(): DrainOrder {
    try {
      const { overMs, awayMs } = JSON.parse(readFileSync(this.#file, 'utf8')) as Partial<DrainOrder>;
      if (typeof overMs === 'number' && overMs >= 0) {
        const away = typeof awayMs === 'number' && awayMs >= 0 ? awayMs : DRAINED_MS;
        return { overMs: Math.min(overMs, MOST_OVER_MS), awayMs: Math.min(away, DRAINED_MS) };
      }
    } catch (error) {
      // Torn, or written by hand: that it is there says what is wanted.
      this.#log.debug('the order to drain says nothing more', { file: this.#file, error: String(error) });
    }
    return { overMs: OVER_MS, awayMs: DRAINED_MS };
  }
}
