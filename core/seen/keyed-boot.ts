import { createHash } from 'node:crypto';

/** The counter of these boots; those of hosts count up from 1 and do not get there. */
const MARK = 'ffffffff';
const DIGITS = 16;

/** The boot a request with an idempotency key stands under: it follows from the client and the key, so that a repeat has the same. */
export function keyedBoot(client: string, key: string): string {
  return MARK + createHash('sha256').update(client).update('\0').update(key).digest('hex').slice(0, DIGITS);
}

/** True for a boot of one request, of which nothing more comes but repeats. */
export function isKeyedBoot(boot: string): boolean {
  return boot.startsWith(MARK);
}
