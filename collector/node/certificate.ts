import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { HeliographError } from '../../lib/errors.ts';

/**
 * The common name of a certificate file: who this collector is.
 * @throws HeliographError HG_CERT_FILE, HG_COLLECTOR_NAME if it is not the name that was configured
 */
export function commonName(path: string, configured?: string): string {
  let subject: string;
  try {
    subject = new X509Certificate(readFileSync(path)).subject;
  } catch (error) {
    throw new HeliographError('HG_CERT_FILE', `${path} cannot be read as a certificate`, { path }, error);
  }
  const name = /^CN=(.*)$/m.exec(subject)?.[1];
  if (name === undefined) throw new HeliographError('HG_CERT_FILE', `${path} has no common name`, { path });
  if (configured !== undefined && configured !== name) {
    throw new HeliographError('HG_COLLECTOR_NAME', `configured ${configured}, but ${path} is of ${name}`, {
      path,
      configured,
      name,
    });
  }
  return name;
}
