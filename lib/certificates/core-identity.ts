import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import type { DenyList } from './deny-list.ts';
import { normalSerial } from './revocation.ts';

/**
 * Why a server is not the core that is asked for; undefined: it is. Any certificate of the authority would do for TLS; only one of role core that is
 * not revoked does here.
 */
export function coreRefusal(host: string, certificate: PeerCertificate, deny: DenyList): Error | undefined {
  const { OU: role } = certificate.subject as { OU?: unknown };
  if (role !== 'core') return new Error(`it has a certificate of role ${String(role)}, not core`);
  if (deny.serials().has(normalSerial(certificate.serialNumber))) return new Error('its certificate was revoked');
  return checkServerIdentity(host, certificate);
}
