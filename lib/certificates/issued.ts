import { X509Certificate } from 'node:crypto';
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPem } from './authority.ts';
import type { CertificateRole } from './names.ts';
import { normalSerial, REVOKED_FILE, readRevoked } from './revocation.ts';

/** What an authority issued, one certificate a line, the newest last: serial number, role, name; `#` starts a comment. */
export const ISSUED_FILE = 'issued.txt';

/** Somebody whom an authority gave a certificate. */
export interface Issued {
  readonly name: string;
  readonly role: string;
  /** The newest certificate of the name is on the deny list. */
  readonly revoked: boolean;
}

/** Adds a certificate to the list of its authority. */
export function noteIssued(directory: string, name: string, role: CertificateRole, cert: string, now: number): void {
  const serial = normalSerial(new X509Certificate(cert).serialNumber);
  appendFileSync(join(directory, ISSUED_FILE), `${serial} ${role} ${name} # ${new Date(now).toISOString()}\n`);
}

/**
 * Everybody whom the authority of a folder ever gave a certificate: by its list, and by the certificates that lie there from before there was one.
 * @throws HeliographError HG_CERT_FILE, or what the file system says
 */
export function readIssued(directory: string): Issued[] {
  const newest = new Map<string, { role: string; serial: string }>();
  const list = join(directory, ISSUED_FILE);
  if (existsSync(list)) {
    for (const line of readFileSync(list, 'utf8').split('\n')) {
      const [serial, role, name] = line.replace(/#.*/, '').trim().split(/\s+/);
      if (serial && role && name) newest.set(name, { role, serial: normalSerial(serial) });
    }
  }
  for (const file of readdirSync(directory)) {
    const name = file.slice(0, -'.pem'.length);
    if (!file.endsWith('.pem') || name === 'ca' || newest.has(name)) continue;
    const certificate = new X509Certificate(readPem(join(directory, file)));
    const role = /^OU=(.*)$/m.exec(certificate.subject)?.[1];
    if (role) newest.set(name, { role, serial: normalSerial(certificate.serialNumber) });
  }
  const revoked = readRevoked(join(directory, REVOKED_FILE));
  return [...newest].map(([name, { role, serial }]) => ({ name, role, revoked: revoked.has(serial) }));
}
