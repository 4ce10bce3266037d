import { OneAtATime } from '../../lib/one-at-a-time.ts';

/** How long work may hold the thread before others get their turn, ms. */
const TURN_MS = 5;

/** Work that can pause: at each `yield` something else may run. */
export type Work<T> = Generator<void, T, void>;

/** Runs work in short turns, one piece of work after the other, so that writes never wait longer than for one turn. */
export class Turns {
  readonly #works = new OneAtATime();

  run<T>(work: Work<T>): Promise<T> {
    return this.#works.run(() => inTurns(work));
  }
}

async function inTurns<T>(work: Work<T>): Promise<T> {
  for (;;) {
    const until = performance.now() + TURN_MS;
    do {
      const { done, value } = work.next();
      if (done) return value;
    } while (performance.now() < until);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Runs work without a pause. */
export function atOnce<T>(work: Work<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}
