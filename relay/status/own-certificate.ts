import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { HeliographError } from '../../lib/errors.ts';

/**
 * When the certificate of a file ends, ms since the epoch: the file as it is now, because that is what new connections get.
 * @throws HeliographError HG_CERT_FILE
 */
export function certificateEnd(path: string): number {
  try {
    return Date.parse(new X509Certificate(readFileSync(path)).validTo);
  } catch (cause) {
    throw new HeliographError('HG_CERT_FILE', `${path}: ${String((cause as Error).message)}`, { path }, cause);
  }
}
