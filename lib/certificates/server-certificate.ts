import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Server as TlsServer } from 'node:tls';
import type { experimental } from '@grpc/grpc-js';
import { HeliographError } from '../errors.ts';
import { readPem } from './authority.ts';

type CaListener = Parameters<experimental.CertificateProvider['addCaCertificateListener']>[0];
type IdentityListener = Parameters<experimental.CertificateProvider['addIdentityCertificateListener']>[0];

export interface CertificatePaths {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

interface Loaded {
  readonly ca: Buffer;
  readonly certificate: Buffer;
  readonly privateKey: Buffer;
  readonly notAfter: number;
}

/**
 * A server's certificate and the authorities it trusts (ca.pem may hold several, for a change of authority), read again
 * when the files change: new connections see the new ones, streams that stand go on.
 */
export class ServerCertificate implements experimental.CertificateProvider {
  readonly #paths: CertificatePaths;
  readonly #caListeners = new Set<CaListener>();
  readonly #identityListeners = new Set<IdentityListener>();
  #loaded: Loaded;

  /** @throws HeliographError HG_CERT_FILE when a file is missing, is no certificate, or the key belongs to another */
  constructor(paths: CertificatePaths) {
    this.#paths = paths;
    this.#loaded = load(paths);
  }

  /** ms since the epoch. */
  get notAfter(): number {
    return this.#loaded.notAfter;
  }

  /**
   * Looks at the files. True when there is something new.
   * @throws HeliographError HG_CERT_FILE; then the old ones stay in use
   */
  refresh(): boolean {
    const next = load(this.#paths);
    const { ca, certificate, privateKey } = this.#loaded;
    if (next.ca.equals(ca) && next.certificate.equals(certificate) && next.privateKey.equals(privateKey)) return false;
    this.#loaded = next;
    for (const listener of this.#caListeners) listener({ caCertificate: next.ca });
    for (const listener of this.#identityListeners) listener(next);
    return true;
  }

  /** Gives it to a server of node:tls, and each that comes after it; resolves when the server has the first. */
  serve(server: Pick<TlsServer, 'setSecureContext'>): Promise<void> {
    const parts: { ca?: Buffer; cert?: Buffer; key?: Buffer } = {};
    return new Promise((resolve) => {
      const apply = () => {
        if (!parts.ca || !parts.cert) return;
        server.setSecureContext({ ...parts, minVersion: 'TLSv1.2' });
        resolve();
      };
      this.addCaCertificateListener((update) => {
        if (update) parts.ca = update.caCertificate;
        apply();
      });
      this.addIdentityCertificateListener((update) => {
        if (update) Object.assign(parts, { cert: update.certificate, key: update.privateKey });
        apply();
      });
    });
  }

  addCaCertificateListener(listener: CaListener): void {
    this.#caListeners.add(listener);
    // Not at once: the server enters itself for changes only after it has entered its listeners here.
    queueMicrotask(() => listener({ caCertificate: this.#loaded.ca }));
  }

  removeCaCertificateListener(listener: CaListener): void {
    this.#caListeners.delete(listener);
  }

  addIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.add(listener);
    queueMicrotask(() => listener(this.#loaded));
  }

  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.delete(listener);
  }
}

/** Certificate and key are two files: between the two writes of a renewal they do not fit, and that must not be served. */
function load({ ca, cert, key }: CertificatePaths): Loaded {
  const loaded = {
    ca: Buffer.from(readPem(ca)),
    certificate: Buffer.from(readPem(cert)),
    privateKey: Buffer.from(readPem(key)),
  };
  let parsed: X509Certificate;
  let fits: boolean;
  try {
    parsed = new X509Certificate(loaded.certificate);
    fits = parsed.checkPrivateKey(createPrivateKey(loaded.privateKey)) && new X509Certificate(loaded.ca).ca;
  } catch (cause) {
    throw new HeliographError('HG_CERT_FILE', `${cert}, ${key} or ${ca}: ${String(cause)}`, { cert, key, ca }, cause);
  }
  if (!fits) {
    throw new HeliographError('HG_CERT_FILE', `${key} is not the key of ${cert}, or ${ca} holds no authority`, {
      cert,
      key,
      ca,
    });
  }
  return { ...loaded, notAfter: parsed.validToDate.getTime() };
}
