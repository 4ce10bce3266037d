import { X509Certificate } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HeliographError } from '../errors.ts';
import { readPem } from './authority.ts';
import { checkName } from './names.ts';

/** The deny list of a folder: one serial number a line, lower-case hex without leading zeros; `#` starts a comment. */
export const REVOKED_FILE = 'revoked.txt';

/**
 * Puts the newest certificate of a name on the deny list. Relays and cores read the list again when it changes.
 * @returns the serial number
 * @throws HeliographError HG_CERT_UNKNOWN
 */
export function revoke(directory: string, name: string, now: number): string {
  const file = join(directory, `${checkName(name)}.pem`);
  if (!existsSync(file)) {
    throw new HeliographError('HG_CERT_UNKNOWN', `${name}: there is no ${file}`, { name, file });
  }
  const serial = normalSerial(new X509Certificate(readPem(file)).serialNumber);
  const list = join(directory, REVOKED_FILE);
  if (!existsSync(list) || !readRevoked(list).has(serial)) {
    appendFileSync(list, `${serial} # ${name}, ${new Date(now).toISOString()}\n`);
  }
  return serial;
}

/** The serial numbers of a deny list; a missing file is an empty list. */
export function readRevoked(file: string): ReadonlySet<string> {
  if (!existsSync(file)) return new Set();
  const serials = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
  return new Set(serials.map(normalSerial));
}

/** Serial numbers come with or without leading zeros, in either case. */
export function normalSerial(serial: string): string {
  return serial.toLowerCase().replace(/^0+(?=.)/, '');
}
