import type { Host } from './host.ts';

/** A place in the interval that is the same at every start and spread evenly over a fleet. */
export function phaseOf(host: Pick<Host, 'sha256' | 'utf8Bytes'>, name: string, intervalMs: number): number {
  const digest = host.sha256(host.utf8Bytes(name));
  return Math.floor((((digest[0]! << 16) | (digest[1]! << 8) | digest[2]!) / 2 ** 24) * intervalMs);
}
