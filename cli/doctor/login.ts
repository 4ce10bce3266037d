import { type Check, fail } from './check.ts';
import { checkClock } from './own-metrics.ts';
import { explain } from './reason.ts';

/** How long a log-in may take. */
export const PATIENCE_MS = 8000;
const CLOCK_TOLERANCE_MS = 500;

/** What came of a real log-in: the other end's time and ours at that moment, or why there was none. */
export type Login = { readonly theirs: number; readonly ours: number } | { readonly error: string };

/** A log-in in words, with the clocks compared. */
export function judge(what: string, result: Login): Check {
  if ('error' in result) {
    const { found, fix } = explain(result.error);
    return fail(what, `no log-in: ${found}`, fix);
  }
  const check = checkClock(`the clock of ${what}`, result.ours, result.theirs, CLOCK_TOLERANCE_MS);
  return { ...check, found: `logged in; the clock here is ${check.found}` };
}
