import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';

/** What a handshake rests on: the certificate that we show, and the authority that the relay is held against. */
export interface TlsIdentity {
  readonly ca: Uint8Array;
  readonly cert: Uint8Array;
}

/**
 * The newest TLS session ticket of each relay, in memory: the next handshake with it costs half the CPU at both ends, which
 * is what counts when a relay restarts and all its hosts come back. A ticket stands for the certificates it was made with,
 * and on a resumed handshake none is looked at again: so a renewed certificate begins anew, and another authority too.
 */
export class TlsSessions {
  readonly #byRelay = new Map<string, { readonly identity: string; readonly session: Buffer }>();

  /** The ticket to offer; undefined: a full handshake. @param ours as it would be used now */
  of(relay: string, ours: TlsIdentity): Buffer | undefined {
    const kept = this.#byRelay.get(relay);
    return kept?.identity === digestOf(ours) ? kept.session : undefined;
  }

  /** Keeps what the relay hands out on this connection. */
  follow(relay: string, ours: TlsIdentity, socket: TLSSocket): void {
    const identity = digestOf(ours);
    socket.on('session', (session) => this.#byRelay.set(relay, { identity, session }));
  }
}

/** The length before each: the end of one is not the beginning of the other. */
function digestOf({ ca, cert }: TlsIdentity): string {
  const hash = createHash('sha256');
  for (const bytes of [ca, cert]) hash.update(`${bytes.length}:`).update(bytes);
  return hash.digest('base64');
}
