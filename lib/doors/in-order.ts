import { setImmediate as others } from 'node:timers/promises';

/** On their way at a time. */
const MOST_UNDER_WAY = 4;

/**
 * Takes a large request piece by piece: a few are on their way to the disk at once, and all else that this process does has a turn between two. Ends at the first that is not taken, when those before it are.
 * @throws what a piece throws, or the pieces themselves
 */
export async function inOrder<T>(pieces: Iterable<T>, take: (piece: T) => Promise<void>): Promise<void> {
  const underWay: Promise<void>[] = [];
  let failed = false;
  try {
    for (const piece of pieces) {
      const taken = take(piece);
      // Looked at below, when its turn comes.
      taken.catch(() => {
        failed = true;
      });
      underWay.push(taken);
      if (underWay.length >= MOST_UNDER_WAY) await underWay.shift();
      await others();
      if (failed) break;
    }
  } finally {
    await Promise.allSettled(underWay);
  }
  await Promise.all(underWay);
}
