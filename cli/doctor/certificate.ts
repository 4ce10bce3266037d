import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { normalSerial, readRevoked } from '../../lib/certificates/revocation.ts';
import { spanText } from '../terminal/text.ts';
import { type Check, fail, ok, systemReason, warn } from './check.ts';

export interface CertificatePaths {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly revoked?: string | undefined;
}

/** Less than this left and it is time to renew. */
const SOON_MS = 10 * 86_400_000;

/** The certificate of a tier: readable, of this role and name, within its dates, of this authority, with its key, not denied. */
export function checkCertificate(tls: CertificatePaths, role: string, name: string | null, now: number): Check[] {
  const checks: Check[] = [];
  const certificate = read('certificate', tls.cert, (pem) => new X509Certificate(pem), checks);
  const authorities = read('authority', tls.ca, readAll, checks);
  const key = read('private key', tls.key, createPrivateKey, checks);
  if (certificate) {
    checks.push(
      ...checkNames(certificate, role, name, tls.cert),
      checkDates('certificate', certificate, tls.cert, now),
    );
  }
  for (const authority of authorities ?? []) checks.push(checkDates('authority', authority, tls.ca, now));
  if (certificate && authorities) checks.push(checkChain(certificate, authorities, tls));
  if (certificate && key) checks.push(checkKey(certificate, key, tls));
  if (certificate && tls.revoked !== undefined) checks.push(checkDenied(certificate, tls.revoked));
  return checks;
}

function read<T>(what: string, file: string, parse: (pem: Buffer) => T, checks: Check[]): T | null {
  let pem: Buffer;
  try {
    pem = readFileSync(file);
  } catch (error) {
    const fix = `make it readable for this user (id -un), or make one with "heliograph ca issue"`;
    checks.push(fail(what, `${file}: ${systemReason(error)}`, fix));
    return null;
  }
  try {
    return parse(pem);
  } catch (error) {
    checks.push(
      fail(what, `${file} is no PEM ${what}: ${String((error as Error).message)}`, 'put the right file there'),
    );
    return null;
  }
}

/** ca.pem may hold several, for a change of authority. */
function readAll(pem: Buffer): X509Certificate[] {
  const blocks = pem.toString().match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g);
  if (!blocks) throw new Error('there is no certificate in it');
  return blocks.map((block) => new X509Certificate(block));
}

function subjectOf(certificate: X509Certificate): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(certificate.subject.split('\n').map((part) => part.split(/=(.*)/s) as [string, string]));
}

function checkNames(certificate: X509Certificate, role: string, name: string | null, file: string): Check[] {
  const { CN, OU } = subjectOf(certificate);
  const checks: Check[] = [];
  if (OU !== undefined && OU !== role) {
    const fix = `issue one with: heliograph ca issue ${CN ?? 'NAME'} --role ${role}`;
    checks.push(fail('certificate', `${file} is one for a ${OU}, this is a ${role}`, fix));
  }
  if (CN === undefined) checks.push(fail('certificate', `${file} has no common name`, 'issue it again with a name'));
  else if (name !== null && name !== CN) {
    const fix = `set name: ${CN} in the configuration, or issue one for ${name}`;
    checks.push(fail('certificate', `${file} is of "${CN}", the configuration says "${name}"`, fix));
  }
  if (role !== 'collector' && certificate.subjectAltName === undefined) {
    const fix = `issue it again with --host and the names and addresses that others use`;
    checks.push(fail('certificate', `${file} names no host or address, so no client will accept it`, fix));
  }
  if (checks.length > 0) return checks;
  const hosts = certificate.subjectAltName ? `, reached as ${certificate.subjectAltName}` : '';
  return [ok('certificate', `${file} is of "${CN}"${hosts}`)];
}

function checkDates(what: string, certificate: X509Certificate, file: string, now: number): Check {
  const from = certificate.validFromDate.getTime();
  const to = certificate.validToDate.getTime();
  const renew =
    what === 'authority'
      ? 'make a new authority, put both into every ca.pem, then issue the certificates anew'
      : 'issue it anew with "heliograph ca issue" (the same name); running tiers read the new one by themselves';
  if (now < from) {
    const fix = "set this machine's clock (date -u; timedatectl), or wait";
    return fail(
      what,
      `${file} begins only ${certificate.validFromDate.toISOString()}; the clock here says ${new Date(now).toISOString()}`,
      fix,
    );
  }
  if (now >= to)
    return fail(what, `${file} ran out ${spanText(now - to)} ago (${certificate.validToDate.toISOString()})`, renew);
  const left = `${file} is good for ${spanText(to - now)} (until ${certificate.validToDate.toISOString().slice(0, 10)})`;
  return to - now < SOON_MS ? warn(what, left, renew) : ok(what, left);
}

function checkChain(
  certificate: X509Certificate,
  authorities: readonly X509Certificate[],
  tls: CertificatePaths,
): Check {
  const issuer = authorities.find((one) => certificate.checkIssued(one) && certificate.verify(one.publicKey));
  if (issuer) return ok('certificate', `issued by the authority in ${tls.ca}`);
  const fix = `take ca.pem from the authority that issued it, or issue it anew with this one; all tiers need the same`;
  return fail('certificate', `${tls.cert} was not issued by the authority in ${tls.ca}`, fix);
}

function checkKey(certificate: X509Certificate, key: KeyObject, tls: CertificatePaths): Check {
  if (!certificate.checkPrivateKey(key)) {
    const fix = 'copy certificate and key of one issue together';
    return fail('private key', `${tls.key} is not the key of ${tls.cert}`, fix);
  }
  const mode = statSync(tls.key).mode & 0o777;
  if ((mode & 0o077) !== 0 && process.platform !== 'win32') {
    const found = `${tls.key} can be read by others (mode ${mode.toString(8)})`;
    return warn('private key', found, `chmod 600 ${tls.key}`);
  }
  return ok('private key', `${tls.key} belongs to the certificate`);
}

function checkDenied(certificate: X509Certificate, file: string): Check {
  const serial = normalSerial(certificate.serialNumber);
  if (readRevoked(file).has(serial)) {
    return fail(
      'deny list',
      `${serial} is on ${file}: this certificate is revoked`,
      'issue a new one; its serial number differs',
    );
  }
  return ok('deny list', `this certificate is not on ${file}`);
}
