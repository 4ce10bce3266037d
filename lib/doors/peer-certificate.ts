import type { Socket } from 'node:net';
import type { PeerCertificate, TLSSocket } from 'node:tls';

/** The client's certificate that TLS has verified; null: there is none, or one of an authority that is not trusted. */
export function certificateOf(socket: Socket): PeerCertificate | null {
  const { authorized, getPeerCertificate } = socket as Partial<TLSSocket>;
  const certificate = authorized === true ? (getPeerCertificate?.call(socket) ?? null) : null;
  return certificate && Object.keys(certificate).length > 0 ? certificate : null;
}
