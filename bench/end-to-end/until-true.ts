import { setTimeout as wait } from 'node:timers/promises';

/** Looks again and again. @throws Error when it is not so within the time */
export async function untilTrue(
  what: string,
  withinMs: number,
  everyMs: number,
  look: () => Promise<boolean>,
): Promise<void> {
  if (!(await becomesTrue(withinMs, everyMs, look))) throw new Error(`not within ${withinMs / 1_000} s: ${what}`);
}

/** Looks again and again. @returns whether it was so within the time */
export async function becomesTrue(withinMs: number, everyMs: number, look: () => Promise<boolean>): Promise<boolean> {
  const until = performance.now() + withinMs;
  while (!(await look())) {
    if (performance.now() > until) return false;
    await wait(everyMs);
  }
  return true;
}
