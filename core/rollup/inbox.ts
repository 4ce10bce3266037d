import { HeliographError } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import type { SketchWindow } from '../../proto/sketches.ts';
import type { Bus, BusRecord } from '../ports/bus.ts';
import type { RollupFigures } from './figures.ts';
import { isOfHosts, senderName } from './host-window.ts';
import { sketchRecords } from './record.ts';

/** The topic of the sketches that wait to be merged, and who reads it. */
export const SKETCHES = 'sketches';
export const MERGER = 'merger';

/** How full the journal may be for collectors' sketches to be taken. */
const OF_HOSTS = 0.5;

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
  readonly #bus: Pick<Bus, 'publish'> & { fill(): number };
  readonly #figures: RollupFigures;
  readonly #log: Logger;
  /** Who was told that there is no room. */
  readonly #full = { hosts: false, relays: false };

  constructor(bus: Pick<Bus, 'publish'> & { fill(): number }, figures: RollupFigures, log: Logger) {
    this.#bus = bus;
    this.#figures = figures;
    this.#log = log;
  }

  /** What is waited for does not hold the window, which may be much larger than its records. */
  put({ relay, site }: SketchOrigin, came: number, window: SketchWindow): Promise<void> {
    const { rule, groups } = window;
    // What relays send has room however much comes of collectors.
    const whose = isOfHosts(window) ? 'hosts' : 'relays';
    if (whose === 'hosts' && this.#bus.fill() >= OF_HOSTS) {
      this.#refuse(whose, relay, rule, groups.length);
      return Promise.resolve();
    }
    return this.#publish(sketchRecords(relay, came, window, site), whose, relay, rule, groups.length);
  }

  async #publish(
    records: readonly BusRecord[],
    whose: 'hosts' | 'relays',
    relay: string,
    rule: string,
    sketches: number,
  ): Promise<void> {
    try {
      await this.#bus.publish(SKETCHES, records);
      this.#full[whose] = false;
    } catch (error) {
      if (!(error instanceof HeliographError) || error.code !== 'HG_JOURNAL_FULL') throw error;
      this.#refuse(whose, relay, rule, sketches);
    }
  }

  #refuse(whose: 'hosts' | 'relays', relay: string, rule: string, sketches: number): void {
    this.#figures.refuse('HG_ROLLUP_ROOM', sketches);
    if (this.#full[whose]) return;
    this.#full[whose] = true;
    const facts = { relay: senderName(relay), rule, sketches };
    this.#log.error('sketches of roll-ups are refused: rollups.diskBytes is full of those that wait', facts);
  }
}
