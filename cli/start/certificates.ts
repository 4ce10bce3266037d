import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createAuthority, readPem } from '../../lib/certificates/authority.ts';

const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];
const DAYS = 90;
/** The name of the canary. */
export const CANARY = 'canary-1';

/** A test authority in the data folder, and certificates for the three tiers, and the canary if there is one; renewed when they have less than ten days left. */
export async function prepareCertificates(directory: string, now: number, canary = false): Promise<void> {
  const authority = await createAuthority(directory, now);
  const wanted = [
    { name: 'core-1', role: 'core' as const, hosts: LOOPBACK },
    { name: 'relay-1', role: 'relay' as const, hosts: LOOPBACK },
    { name: thisHost(), role: 'collector' as const, hosts: [] },
    ...(canary ? [{ name: CANARY, role: 'collector' as const, hosts: [] }] : []),
  ];
  for (const request of wanted) {
    const file = join(directory, `${request.name}.pem`);
    if (existsSync(file) && new X509Certificate(readPem(file)).validToDate.getTime() > now + 10 * 86_400_000) continue;
    await authority.issue({ ...request, days: DAYS });
  }
}

/** This machine's name in a form that may stand in a certificate. */
export function thisHost(): string {
  return (
    hostname()
      .replaceAll(/[^A-Za-z0-9._-]/g, '-')
      .replace(/^[^A-Za-z0-9]+/, '')
      .slice(0, 128) || 'this-host'
  );
}
