import { Backoff } from '../../../lib/alerts/backoff.ts';
import { sleep } from '../../../lib/sleep.ts';

const LONGEST_WAIT_MS = 10_000;

/** Something that runs until it fails, and then again, until it is closed. */
export class Again {
  readonly #life = new AbortController();
  readonly #ended: Promise<void>;

  /**
   * @param session one run, until its signal; it may end earlier, with or without an error
   * @param onEnd told why one ended that was not to end
   */
  constructor(session: (life: AbortSignal) => Promise<void>, onEnd: (error: unknown) => void) {
    this.#ended = this.#run(session, onEnd);
  }

  async close(): Promise<void> {
    this.#life.abort();
    await this.#ended;
  }

  async #run(session: (life: AbortSignal) => Promise<void>, onEnd: (error: unknown) => void): Promise<void> {
    const { signal } = this.#life;
    const backoff = new Backoff(Math.random, LONGEST_WAIT_MS);
    while (!signal.aborted) {
      const begun = performance.now();
      try {
        await session(signal);
      } catch (error) {
        if (signal.aborted) return;
        onEnd(error);
      }
      const now = performance.now();
      if (now - begun > LONGEST_WAIT_MS) backoff.succeeded();
      backoff.failed(now);
      await sleep(backoff.due - now, signal);
    }
  }
}
