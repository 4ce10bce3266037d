import { setTimeout as wait } from 'node:timers/promises';

/**
 * A machine that is shared can be several times slower than the one a test was written on. These waits decide only how long a test takes that
 * fails; that something is quick is shown by `bench/`.
 */
const PATIENCE = 3;

/** Waits until `check` gives something true, and returns it; fails with `what` after the deadline. */
export async function until<T>(
  what: string,
  check: () => T | Promise<T>,
  { withinMs = 20_000, everyMs = 50 }: { withinMs?: number; everyMs?: number } = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + withinMs * PATIENCE;
  let last: unknown;
  for (;;) {
    try {
      const got = await check();
      if (got) return got;
      last = got;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline)
      throw new Error(`${what}: not within ${withinMs * PATIENCE} ms; last: ${String(last)}`);
    await wait(everyMs);
  }
}
