import { createSecureContext, type SecureContext } from 'node:tls';

/** A host's certificate and key, PEM. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/** What Node keeps behind a context: OpenSSL's own, whose certificate can be another one for each connection. */
interface NativeContext {
  setCert(pem: string): void;
  setKey(pem: string): void;
}

/**
 * One TLS context for all the hosts of a process. A connection takes its certificate from the context when it is made and keeps it from then
 * on, so the context shows each connection the next host's: a context of its own would cost every host 30 KiB and three times the CPU.
 */
export class ClientContext {
  readonly #secure: SecureContext;
  readonly #native: NativeContext;

  /** @param ca PEM of the authority that the relay's certificate is held against */
  constructor(ca: string) {
    this.#secure = createSecureContext({ ca, minVersion: 'TLSv1.3' });
    this.#native = this.#secure.context;
  }

  /**
   * @returns the context with this host's certificate, good for a connection that is made at once
   * @throws Error of OpenSSL's for a certificate or key that is none, or that do not belong together
   */
  of({ cert, key }: ClientCertificate): SecureContext {
    this.#native.setCert(cert);
    this.#native.setKey(key);
    return this.#secure;
  }
}
