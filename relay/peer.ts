import type { DetailedPeerCertificate, PeerCertificate, TLSSocket } from 'node:tls';
import { normalSerial } from '../lib/certificates/revocation.ts';
import { HOST_NAME } from '../proto/topics.ts';

/** Who is at the other end, by its certificate. */
export interface Peer {
  /** The common name: the host. */
  readonly host: string;
  /** Lower-case hex without leading zeros. */
  readonly serial: string;
  /** ms since the epoch. */
  readonly notAfter: number;
}

/**
 * The peer of a TLS connection. A resumed session has no handshake with certificates, but its ticket carries the
 * certificate, so serial and end of life are looked at on every connection, new or resumed.
 * @returns the peer, or in words why it is none
 */
export function peerOf(socket: TLSSocket): Peer | string {
  const certificate: PeerCertificate | DetailedPeerCertificate | null = socket.getPeerCertificate();
  if (!certificate?.subject || !certificate.serialNumber) return 'no certificate';
  const host = single(certificate.subject.CN);
  if (!host || !HOST_NAME.test(host)) return 'the common name cannot be a host name';
  const role = single(certificate.subject.OU);
  if (role && role !== 'collector') return `the certificate is one for a ${role}`;
  const notAfter = Date.parse(certificate.valid_to);
  if (Number.isNaN(notAfter)) return 'the end of validity cannot be read';
  return { host, serial: normalSerial(certificate.serialNumber), notAfter };
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
