import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';

/**
 * The newest TLS session ticket of each relay, in memory: the next handshake with it costs half the CPU at both ends, which
 * is what counts when a relay restarts and all its hosts come back. A ticket stands for the certificate it was made with, so
 * a renewed certificate begins anew.
 */
export class TlsSessions {
  readonly #byRelay = new Map<string, { readonly identity: string; readonly session: Buffer }>();

  /** The ticket to offer; undefined: a full handshake. @param certificate ours, as it would be shown */
  of(relay: string, certificate: Uint8Array): Buffer | undefined {
    const kept = this.#byRelay.get(relay);
    return kept?.identity === identityOf(certificate) ? kept.session : undefined;
  }

  /** Keeps what the relay hands out on this connection. */
  follow(relay: string, certificate: Uint8Array, socket: TLSSocket): void {
    const identity = identityOf(certificate);
    socket.on('session', (session) => this.#byRelay.set(relay, { identity, session }));
  }
}

function identityOf(certificate: Uint8Array): string {
  return createHash('sha256').update(certificate).digest('base64');
}
