import { setTimeout as wait } from 'node:timers/promises';

/** Looks again and again. @throws Error when it is not so within the time */
export async function untilTrue(
  what: string,
  withinMs: number,
  everyMs: number,
  look: () => Promise<boolean>,
): Promise<void> {
  const until = performance.now() + withinMs;
  while (!(await look())) {
    if (performance.now() > until) throw new Error(`not within ${withinMs / 1_000} s: ${what}`);
    await wait(everyMs);
  }
}
