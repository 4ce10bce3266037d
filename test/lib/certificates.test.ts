import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Authority, createAuthority, openAuthority } from '../../lib/certificates/authority.ts';
import { normalSerial, readRevoked, revoke } from '../../lib/certificates/revocation.ts';

let directory: string;
let authority: Authority;
const now = Date.UTC(2030, 0, 1);

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'heliograph-ca-'));
  authority = await createAuthority(directory, now);
});
afterAll(() => rmSync(directory, { recursive: true }));

test('an issued certificate is signed by the authority, carries name and role, and its key is private', async () => {
  const files = await authority.issue({
    name: 'relay-1',
    role: 'relay',
    hosts: ['127.0.0.1', 'relay.example'],
    days: 2,
  });
  const certificate = new X509Certificate(readFileSync(files.cert));
  const ca = new X509Certificate(readFileSync(files.ca));
  expect(certificate.verify(ca.publicKey)).toBe(true);
  expect(certificate.subject).toContain('CN=relay-1');
  expect(certificate.subject).toContain('OU=relay');
  expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect(certificate.checkHost('relay.example')).toBe('relay.example');
  expect(certificate.validToDate.getTime()).toBe(now + 2 * 86_400_000);
  expect(statSync(files.key).mode & 0o077).toBe(0);
});

test('an authority made again is the one that is there', async () => {
  const before = readFileSync(join(directory, 'ca.pem'), 'utf8');
  await createAuthority(directory, now);
  expect(readFileSync(join(directory, 'ca.pem'), 'utf8')).toBe(before);
});

test('a revoked certificate is on the deny list once; a new one of the same name is not', async () => {
  await authority.issue({ name: 'web-1', role: 'collector', days: 1 });
  const serial = revoke(directory, 'web-1', now);
  expect(revoke(directory, 'web-1', now)).toBe(serial);
  expect([...readRevoked(join(directory, 'revoked.txt'))]).toEqual([serial]);
  const renewed = await authority.issue({ name: 'web-1', role: 'collector', days: 1 });
  expect(normalSerial(new X509Certificate(readFileSync(renewed.cert)).serialNumber)).not.toBe(serial);
});

test('names that could leave a topic or a folder are refused', async () => {
  for (const name of ['', '../x', 'a/b', 'a+b', '#', 'ca', 'a b', 'é', 'x'.repeat(129)]) {
    await expect(authority.issue({ name, role: 'collector', days: 1 })).rejects.toThrow('HG_CERT_NAME');
  }
  expect(() => revoke(directory, 'never-issued', now)).toThrow('HG_CERT_UNKNOWN');
  await expect(openAuthority(join(directory, 'none'), now)).rejects.toThrow('HG_CERT_FILE');
});
