import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { grantsOf, speaksFor } from '../lib/certificates/grants.ts';
import { normalSerial } from '../lib/certificates/revocation.ts';
import { WebSocketStream } from '../lib/websocket-stream.ts';
import { HOST_NAME } from '../proto/topics.ts';

/** Who is at the other end, by its certificate. */
export interface Peer {
  /** The common name: the host. */
  readonly host: string;
  /** Lower-case hex without leading zeros. */
  readonly serial: string;
  /** ms since the epoch. */
  readonly notAfter: number;
  /** Whether it may speak for that instance, too. */
  readonly mayName: (instance: string) => boolean;
}

/**
 * The peer of a TLS connection. A resumed session has no handshake with certificates, but its ticket carries the
 * certificate, so serial and end of life are looked at on every connection, new or resumed.
 * @returns the peer, or in words why it is none
 */
export function peerOf(socket: TLSSocket): Peer | string {
  // Its parts are read when they are asked for; the older form computes keys and fingerprints that nobody wants.
  const certificate = socket.getPeerX509Certificate();
  if (!certificate?.subject || !certificate.serialNumber) return 'no certificate';
  const subject = partsOf(certificate.subject);
  const host = subject.get('CN');
  if (!host || !HOST_NAME.test(host)) return 'the common name cannot be a host name';
  const role = subject.get('OU');
  if (role && role !== 'collector') return `the certificate is one for a ${role}`;
  const notAfter = Date.parse(certificate.validTo);
  if (Number.isNaN(notAfter)) return 'the end of validity cannot be read';
  return {
    host,
    serial: normalSerial(certificate.serialNumber),
    notAfter,
    mayName: speaksFor(grantsOf(certificate.subjectAltName)),
  };
}

/** The TLS connection that carries MQTT, straight or by a WebSocket. */
export function tlsOf(connection: Duplex): TLSSocket {
  return (connection instanceof WebSocketStream ? connection.below : connection) as TLSSocket;
}

/** The parts of a subject, one on each line, as NAME=value with line breaks in values escaped; of several of one name the first. */
function partsOf(subject: string): Map<string, string> {
  const parts = new Map<string, string>();
  for (const line of subject.split('\n')) {
    const at = line.indexOf('=');
    const name = line.slice(0, at);
    if (at > 0 && !parts.has(name)) parts.set(name, line.slice(at + 1));
  }
  return parts;
}
