import { type Check, fail, ok, warn } from './check.ts';
import type { JournalFacts } from './journals.ts';

/** Whether the tier runs on its folder. */
export function ownerCheck(tier: string, { owner }: JournalFacts): Check {
  if (owner?.state === 'running') return ok('process', `the ${tier} runs, process ${owner.pid}`);
  if (owner?.state === 'unknown')
    return warn('process', `whether the ${tier} runs cannot be told: ${owner.why}`, 'run this as root');
  return warn('process', `no ${tier} runs on this folder`, `start it: heliograph ${tier} --config FILE`);
}

/** A log-in takes the place of whoever is logged in under the name. */
export function mayLogIn(checks: Check[], what: string, login: boolean, { owner }: JournalFacts): boolean {
  if (!login || checks.at(-1)?.level === 'FAIL') return false;
  if (owner?.state !== 'running') return true;
  checks.push(
    warn(what, 'not logged in: this tier runs, and would be thrown out', 'stop it first, or leave --login away'),
  );
  return false;
}

/** Nobody was asked for the time. */
export function clockUnknown(): Check {
  const fix = 'give --core URL, or, while this tier is stopped, --login';
  return warn('clock', 'not compared with any other: a handshake does not tell the time', fix);
}

/** Bytes that a journal may still take. */
export function left(maxBytes: number, { bytes }: JournalFacts): number {
  return Math.max(0, maxBytes - bytes);
}

/** The whole of it went wrong: what stands here is what a person must know first. */
export function configCheck(message: string): Check {
  return fail('configuration', message, 'heliograph check-config FILE');
}
