import type { Clock } from '../../lib/clock.ts';
import { HeliographError } from '../../lib/errors.ts';
import type { QueryOptions } from '../ports/metric-store.ts';

/** What one query may hold at once. Samples are counted as they are loaded or made, and given back when a series has been looked through. */
export class Budget {
  #samples = 0;
  readonly #maxSamples: number;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #started: number;
  readonly #stop: Int32Array | undefined;

  constructor(options: QueryOptions, clock: Clock) {
    this.#maxSamples = options.maxSamples;
    this.#timeoutMs = options.timeoutMs;
    this.#clock = clock;
    this.#started = clock.mono();
    this.#stop = options.stop;
  }

  get samples(): number {
    return this.#samples;
  }

  /** Counts samples and looks at the clock. Throws HG_QUERY_LIMIT, and what `check` throws. */
  charge(samples: number): void {
    this.#samples += samples;
    this.room(0);
  }

  /** So many are held no longer. */
  release(samples: number): void {
    this.#samples -= samples;
  }

  /** Would so many samples more fit? Throws as `charge` would, and counts nothing. */
  room(samples: number): void {
    if (this.#samples + samples > this.#maxSamples) {
      throw new HeliographError(
        'HG_QUERY_LIMIT',
        `query processing would load too many samples into memory (more than ${this.#maxSamples}); ask for fewer series, a shorter range or a longer step`,
        { maxSamples: this.#maxSamples },
      );
    }
    this.check();
  }

  /** Throws HG_QUERY_CANCELED or HG_QUERY_TIMEOUT. */
  check(): void {
    if (this.#stop !== undefined && Atomics.load(this.#stop, 0) !== 0) {
      throw new HeliographError('HG_QUERY_CANCELED', 'nobody waits for the answer any more');
    }
    if (this.#clock.mono() - this.#started > this.#timeoutMs) {
      throw new HeliographError('HG_QUERY_TIMEOUT', `query timed out after ${this.#timeoutMs} ms`, {
        timeoutMs: this.#timeoutMs,
      });
    }
  }
}
