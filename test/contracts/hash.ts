import { createHash } from 'node:crypto';

/** 32 hex digits, as pages are named. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
