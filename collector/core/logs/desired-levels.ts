import { HeliographError } from '../../../lib/errors.ts';
import { type Desired, decodeDesired, LOG_LEVELS, type LogLevel } from '../../../proto/desired.ts';

/** The place of a level from the noisiest (trace, 0); lines without one count as info. */
export function levelRank(level: string): number {
  const rank = LOG_LEVELS.indexOf(level as LogLevel);
  return rank < 0 ? LOG_LEVELS.indexOf('info') : rank;
}

/** The lowest level to send, by service, as an operator wants it for now. */
export class DesiredLevels {
  readonly #now: () => number;
  #desired: Desired | null = null;
  /** Why the last document was not taken; null if it was. */
  refused: string | null = null;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes a document; a bad one changes nothing but `refused`. An empty one (a retained message taken away) ends the wish. */
  take(bytes: Uint8Array): void {
    if (bytes.length === 0) {
      this.#desired = null;
      this.refused = null;
      return;
    }
    try {
      this.#desired = decodeDesired(bytes);
      this.refused = null;
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      this.refused = error.message;
    }
  }

  /** The document in force, null when there is none or its time is over. */
  get current(): Desired | null {
    const desired = this.#desired;
    return desired === null || (desired.until !== null && desired.until <= this.#now()) ? null : desired;
  }

  /** The lowest level of a service; `otherwise` where nothing is wished for it. */
  lowest(service: string, otherwise: LogLevel): LogLevel {
    const levels = this.current?.levels;
    if (levels === undefined) return otherwise;
    if (Object.hasOwn(levels, service)) return levels[service]!;
    return Object.hasOwn(levels, '*') ? levels['*']! : otherwise;
  }
}
