import type { PeerCertificate } from 'node:tls';
import type { DenyList } from '../certificates/deny-list.ts';
import type { CertificateRole } from '../certificates/names.ts';
import { normalSerial } from '../certificates/revocation.ts';
import { HeliographError } from '../errors.ts';
import { INGEST_SCOPES, type Scope, type TokenList } from '../tokens/token-file.ts';
import { need } from './need.ts';
import { RateLimit } from './rate-limit.ts';
import type { DoorClient } from './taker.ts';

/** A client that was let in, and what for. */
export interface Guest extends DoorClient {
  readonly scopes: ReadonlySet<Scope>;
}

/** What a connection and a request say of who they are. */
export interface Credentials {
  /** The listener is one that only this machine reaches. */
  readonly loopback: boolean;
  /** The header of that name, or the metadata. */
  readonly authorization: string | undefined;
  /** A client certificate that TLS has verified. */
  readonly certificate: PeerCertificate | null;
}

export interface DoorkeeperOptions {
  readonly tokens: TokenList;
  readonly deny: DenyList;
  readonly now: () => number;
  readonly requestsPerSecond: number;
  readonly burst: number;
  /** Whose certificates let in; collectors' unless stated. */
  readonly roles?: readonly CertificateRole[];
}

/** Whoever uses a loopback listener without a token is this machine: it may speak for all it knows. */
const LOCAL: Guest = { name: 'local', anyHost: true, scopes: new Set(INGEST_SCOPES) };
const COLLECTORS: readonly CertificateRole[] = ['collector'];
/** A certificate is for a host's own metrics and logs. */
const CERTIFICATE_SCOPES: ReadonlySet<Scope> = new Set(INGEST_SCOPES);

/** Says who a request is from and whether it may come in now. */
export class Doorkeeper {
  readonly #options: DoorkeeperOptions;
  readonly #rate: RateLimit;

  constructor(options: DoorkeeperOptions) {
    this.#options = options;
    this.#rate = new RateLimit(options.requestsPerSecond, options.burst);
  }

  /** @throws HeliographError HG_DOOR_TOKEN, HG_DOOR_SCOPE, HG_DOOR_RATE (facts.retryAfterS) */
  admit(credentials: Credentials, scope: Scope | null): Guest {
    const guest = this.#who(credentials);
    if (scope !== null) need(guest, scope);
    const wait = this.#rate.take(guest.name, this.#options.now());
    if (wait > 0) {
      const retryAfterS = Math.ceil(wait / 1000);
      throw new HeliographError('HG_DOOR_RATE', `${guest.name}: come back after ${retryAfterS} s`, { retryAfterS });
    }
    return guest;
  }

  #who({ loopback, authorization, certificate }: Credentials): Guest {
    const { tokens, now } = this.#options;
    if (authorization !== undefined) {
      const secret = secretOf(authorization);
      const token = secret === null ? null : tokens.find(secret, now());
      if (token === null) throw new HeliographError('HG_DOOR_TOKEN', 'the token is not known, or its time is over');
      return { name: token.name, anyHost: token.anyHost, scopes: new Set(token.scopes) };
    }
    if (certificate !== null) return this.#certified(certificate);
    if (loopback) return LOCAL;
    throw new HeliographError(
      'HG_DOOR_TOKEN',
      'send "Authorization: Bearer <token>"; heliograph token create makes one',
    );
  }

  #certified(certificate: PeerCertificate): Guest {
    const { CN: name, OU: role } = certificate.subject as { CN?: unknown; OU?: unknown };
    const { roles = COLLECTORS } = this.#options;
    if (typeof name !== 'string' || !roles.includes(role as CertificateRole)) {
      throw new HeliographError(
        'HG_DOOR_TOKEN',
        `a certificate of the role ${String(role)}; wanted: ${roles.join(', ')}`,
      );
    }
    const serial = normalSerial(certificate.serialNumber);
    if (this.#options.deny.serials().has(serial)) {
      throw new HeliographError('HG_DOOR_TOKEN', `the certificate of ${name} is on the deny list`, { name, serial });
    }
    return { name, anyHost: false, scopes: CERTIFICATE_SCOPES };
  }
}

/**
 * The secret of a header: "Bearer <secret>", "Token <secret>" as InfluxDB's clients write it, or Basic with the secret for a password, whatever the
 * user is called (RFC 7617). null: none of these.
 */
export function secretOf(authorization: string): string | null {
  const [, scheme, value] = /^(Bearer|Token|Basic) +(\S+)$/i.exec(authorization) ?? [];
  if (scheme?.toLowerCase() !== 'basic') return value ?? null;
  const pair = Buffer.from(value!, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 ? null : pair.slice(colon + 1);
}
