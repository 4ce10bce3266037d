import { webcrypto } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
// The certificate library's dependency injection needs this loaded first.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { HeliographError } from '../errors.ts';
import { grantUri } from './grants.ts';
import { noteIssued } from './issued.ts';
import { type CertificateRole, checkName } from './names.ts';

const crypto = webcrypto;
x509.cryptoProvider.set(crypto);

type CryptoKey = webcrypto.CryptoKey;
type CryptoKeyPair = webcrypto.CryptoKeyPair;

/** P-256: an order of magnitude cheaper in a handshake than RSA, and every TLS stack has it. */
const KEYS = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' };
const DAY = 86_400_000;
/** A certificate is good from a little before it was made: clocks differ. */
const BACKDATED = 3_600_000;

/** Paths of what belongs to one certificate. */
export interface CertificateFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface IssueRequest {
  /** Common name: the host's name. */
  readonly name: string;
  readonly role: CertificateRole;
  /** DNS names and addresses others reach it under; servers need them. */
  readonly hosts?: readonly string[];
  readonly days: number;
  /** Whose instances it may speak for beside its own name, `*` for any characters: gear that it polls, targets that it scrapes. */
  readonly speaksFor?: readonly string[];
  /** Where the files go, when not beside the authority's own; ca.pem is copied there too. */
  readonly directory?: string;
}

/** A certificate and its key as PEM texts. */
export interface CertifiedKey {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority in a folder: ca.pem, ca.key, and what it issued beside them, with a list of it (issued.ts). */
export interface Authority {
  readonly directory: string;
  /** Issues (or issues anew) `<name>.pem` and `<name>.key`. */
  issue(request: IssueRequest): Promise<CertificateFiles>;
  /** The same without a file: for who keeps thousands of them elsewhere. */
  certify(request: Omit<IssueRequest, 'directory'>): Promise<CertifiedKey>;
}

/** Makes an authority in a folder, or opens the one that is there. */
export async function createAuthority(directory: string, now: number, days = 3650): Promise<Authority> {
  const certFile = join(directory, 'ca.pem');
  if (!existsSync(certFile)) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const keys = await generateKeys();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned(
      {
        serialNumber: serialNumber(),
        name: 'O=Heliograph, CN=Heliograph CA',
        notBefore: new Date(now - BACKDATED),
        notAfter: new Date(now + days * DAY),
        keys,
        signingAlgorithm: SIGNING,
        extensions: [
          new x509.BasicConstraintsExtension(true, 0, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
          await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        ],
      },
      crypto,
    );
    writeWhole(join(directory, 'ca.key'), await keyPem(keys.privateKey), 0o600);
    writeWhole(certFile, certificate.toString('pem'), 0o644);
  }
  return openAuthority(directory, now);
}

/**
 * Opens the authority of a folder.
 * @throws HeliographError HG_CERT_FILE
 */
export async function openAuthority(directory: string, now: number): Promise<Authority> {
  const ca = new x509.X509Certificate(readPem(join(directory, 'ca.pem')));
  const der = x509.PemConverter.decodeFirst(readPem(join(directory, 'ca.key')));
  const signingKey = await crypto.subtle.importKey('pkcs8', der, KEYS, false, ['sign']);
  return {
    directory,
    issue: (request) => issue(directory, ca, signingKey, request, now),
    certify: (request) => certify(ca, signingKey, request, now),
  };
}

async function issue(
  directory: string,
  ca: x509.X509Certificate,
  signingKey: CryptoKey,
  request: IssueRequest,
  now: number,
): Promise<CertificateFiles> {
  const name = checkName(request.name);
  const { cert, key } = await certify(ca, signingKey, request, now);
  const into = request.directory ?? directory;
  const files = { ca: join(into, 'ca.pem'), cert: join(into, `${name}.pem`), key: join(into, `${name}.key`) };
  if (into !== directory) {
    mkdirSync(into, { recursive: true, mode: 0o700 });
    if (!existsSync(files.ca)) writeWhole(files.ca, ca.toString('pem'), 0o644);
  }
  writeWhole(files.key, key, 0o600);
  writeWhole(files.cert, cert, 0o644);
  noteIssued(directory, name, request.role, cert, now);
  return files;
}

async function certify(
  ca: x509.X509Certificate,
  signingKey: CryptoKey,
  request: IssueRequest,
  now: number,
): Promise<CertifiedKey> {
  const name = checkName(request.name);
  const keys = await generateKeys();
  const names: x509.JsonGeneralName[] = (request.hosts ?? []).map((host) => ({
    type: isIP(host) ? 'ip' : 'dns',
    value: host,
  }));
  for (const pattern of request.speaksFor ?? []) names.push({ type: 'url', value: grantUri(pattern) });
  const usages = [x509.ExtendedKeyUsage.clientAuth];
  if (request.role !== 'collector') usages.push(x509.ExtendedKeyUsage.serverAuth);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(),
      // The role stands in the organizational unit: a collector's certificate must not pass for a relay's.
      subject: `O=Heliograph, OU=${request.role}, CN=${name}`,
      issuer: ca.subject,
      notBefore: new Date(now - BACKDATED),
      notAfter: new Date(now + request.days * DAY),
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm: SIGNING,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension(usages),
        await x509.AuthorityKeyIdentifierExtension.create(ca, false, crypto),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
      ],
    },
    crypto,
  );
  return { cert: certificate.toString('pem'), key: await keyPem(keys.privateKey) };
}

function generateKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(KEYS, true, ['sign', 'verify']);
}

/** 16 random bytes, the first bit clear so that it is positive (RFC 5280, 4.1.2.2) and the second set so that none is short. */
function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

async function keyPem(key: CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

/** Whole or not at all: a tier that reads certificates while they are renewed must not see half a file. */
function writeWhole(file: string, text: string, mode: number): void {
  writeFileSync(`${file}.new`, text.endsWith('\n') ? text : `${text}\n`, { mode });
  renameSync(`${file}.new`, file);
}

/** @throws HeliographError HG_CERT_FILE */
export function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new HeliographError(
      'HG_CERT_FILE',
      `${file}: ${String(cause)}; make one with "heliograph ca"`,
      { file },
      cause,
    );
  }
}
