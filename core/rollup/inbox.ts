import { HeliographError } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import type { SketchWindow } from '../../proto/sketches.ts';
import type { Bus, BusRecord } from '../ports/bus.ts';
import type { RollupFigures } from './figures.ts';
import { sketchRecords } from './record.ts';

/** The topic of the sketches that wait to be merged, and who reads it. */
export const SKETCHES = 'sketches';
export const MERGER = 'merger';

/** Who sends sketches. */
export interface SketchOrigin {
  readonly relay: string;
  readonly site: string;
}

/** Where the gateway leaves the sketches of relays and of collectors. */
export interface SketchIntake {
  /**
   * Resolves when they are durable, or refused for want of room and counted: nothing else waits for them.
   * @param came ms since the epoch
   * @throws HeliographError HG_JOURNAL_DISK
   */
  put(from: SketchOrigin, came: number, window: SketchWindow): Promise<void>;
}

/** Puts sketches into the journal of this core. What happens to Kafka does not matter to metrics, so they do not wait for it. */
export class SketchInbox implements SketchIntake {
  readonly #bus: Pick<Bus, 'publish'>;
  readonly #figures: RollupFigures;
  readonly #log: Logger;
  #full = false;

  constructor(bus: Pick<Bus, 'publish'>, figures: RollupFigures, log: Logger) {
    this.#bus = bus;
    this.#figures = figures;
    this.#log = log;
  }

  /** What is waited for does not hold the window, which may be much larger than its records. */
  put({ relay, site }: SketchOrigin, came: number, window: SketchWindow): Promise<void> {
    const { rule, groups } = window;
    return this.#publish(sketchRecords(relay, came, window, site), relay, rule, groups.length);
  }

  async #publish(records: readonly BusRecord[], relay: string, rule: string, sketches: number): Promise<void> {
    try {
      await this.#bus.publish(SKETCHES, records);
      this.#full = false;
    } catch (error) {
      if (!(error instanceof HeliographError) || error.code !== 'HG_JOURNAL_FULL') throw error;
      this.#figures.refuse('HG_ROLLUP_ROOM', sketches);
      if (this.#full) return;
      this.#full = true;
      this.#log.error('sketches of roll-ups are refused: rollups.diskBytes is full of those that wait', {
        relay,
        rule,
        sketches,
      });
    }
  }
}
