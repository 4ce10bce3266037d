import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { grantsOf, speaksFor } from '../../lib/certificates/grants.ts';
import { HeliographError } from '../../lib/errors.ts';

/** Whom else than itself a certificate file lets its holder speak for. @throws HG_CERT_FILE */
export function grantedInstances(path: string): (instance: string) => boolean {
  return speaksFor(grantsOf(certificateOf(path).subjectAltName));
}

function certificateOf(path: string): X509Certificate {
  try {
    return new X509Certificate(readFileSync(path));
  } catch (error) {
    throw new HeliographError('HG_CERT_FILE', `${path} cannot be read as a certificate`, { path }, error);
  }
}

/**
 * The common name of a certificate file: who this collector is.
 * @throws HeliographError HG_CERT_FILE, HG_COLLECTOR_NAME if it is not the name that was configured
 */
export function commonName(path: string, configured?: string): string {
  const { subject } = certificateOf(path);
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
