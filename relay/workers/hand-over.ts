import { BEAT_MS } from './heartbeat.ts';
import type { ToWorker } from './messages.ts';
import type { Slot } from './slot.ts';
import { within } from './within.ts';

/** How long a host that comes waits for a worker that starts again, and for its answer: less than the 15 s after which a collector gives up. */
export const HAND_OVER_MS = 12_000;
/** However often it ends and stands again meanwhile: as long as it takes to be ended for a hang, to stand again and to answer. */
export const MOST_HAND_OVER_MS = 45_000;

type Asked = Pick<Slot, 'up' | 'quiet' | 'awaySince' | 'standing' | 'ask'>;

/**
 * Asks a worker for a host that came to another one. One that ends over the question is asked again when it stands.
 * @param now does not step, ms
 * @returns its answer; null: it gave none in time. One that is away costs its hosts HAND_OVER_MS once, from its end, and not at
 * each of their connections. One whose loop has fallen silent is waited for until it speaks or is ended for it, which is soon: then its
 * next process knows
 */
export async function handOver(
  slot: Asked,
  question: (id: number) => ToWorker,
  now: () => number,
): Promise<unknown | null> {
  const until = now() + MOST_HAND_OVER_MS;
  let asked = now();
  const left = () =>
    Math.min(until - now(), slot.quiet ? HAND_OVER_MS : (slot.awaySince ?? asked) + HAND_OVER_MS - now());
  for (;;) {
    if (left() <= 0 || !(await slot.standing(left()))) {
      // Nobody waits for a disk that does not answer, but the host's old connection there has to end: it may not be read just
      // now, so that its end is noticed later, and the host would be called down while it is here.
      if (slot.up) slot.ask(question).catch(() => undefined);
      return null;
    }
    let failed = false;
    asked = now();
    const answer = slot.ask(question).catch(() => {
      failed = true;
      return null;
    });
    while (!failed) {
      if (left() <= 0) return null;
      const told = await within(answer, Math.min(left(), BEAT_MS));
      if (told !== null) return told;
    }
    // It answered that it cannot.
    if (slot.up) return null;
  }
}
