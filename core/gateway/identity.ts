import type { PeerCertificate } from 'node:tls';
import { normalSerial } from '../../lib/certificates/revocation.ts';
import { HeliographError } from '../../lib/errors.ts';

/** Who is at the other end, by its certificate. */
export interface Peer {
  readonly name: string;
  readonly serial: string;
}

/**
 * The relay a verified certificate stands for. TLS has checked the chain before; here it is the role and the deny list.
 * @throws HeliographError HG_CORE_IDENTITY, HG_CORE_REVOKED
 */
export function relayOf(certificate: PeerCertificate | undefined, revoked: ReadonlySet<string>): Peer {
  if (!certificate) throw new HeliographError('HG_CORE_IDENTITY', 'the connection brought no verified certificate');
  // A subject with several common names or units comes as an array; ours have one each.
  const { CN: name, OU: role } = certificate.subject as { CN?: unknown; OU?: unknown };
  const serial = normalSerial(certificate.serialNumber);
  if (typeof name !== 'string' || role !== 'relay') {
    throw new HeliographError(
      'HG_CORE_IDENTITY',
      `${String(name)} has the role ${String(role)}, only a relay may stream`,
      {
        name,
        role,
      },
    );
  }
  if (revoked.has(serial)) throw new HeliographError('HG_CORE_REVOKED', `${name}, serial ${serial}`, { name, serial });
  return { name, serial };
}
