import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAuthority } from '../../lib/certificates/authority.ts';
import { prepareCertificates, readCertificates } from '../../simulator/certificates.ts';

const NOW = Date.now();
const YEAR_MS = 365 * 86_400_000;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heliograph-certificates-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const files = () => readdirSync(join(folder, 'simulated')).sort();
const where = () => ({ authority: folder, names: 'sim' });
const quiet = () => undefined;

test('each host has a certificate of its own, signed by the authority, in few files that others cannot read', async () => {
  await createAuthority(folder, NOW);
  const said: string[] = [];
  await prepareCertificates(where(), 520, NOW, (line) => said.push(line));
  expect(files()).toEqual(['sim-00001.jsonl', 'sim-00501.jsonl']);
  expect(statSync(join(folder, 'simulated', files()[0]!)).mode & 0o777).toBe(0o600);
  expect(said[0]).toContain('making certificates for 520 hosts');
  // Over the border of two files.
  const { ca, hosts } = readCertificates(where(), 495, 10);
  const authority = new X509Certificate(ca);
  const certificates = hosts.map(({ cert }) => new X509Certificate(cert));
  expect(certificates.map(({ subject }) => /CN=(.*)/.exec(subject)![1])).toEqual(
    Array.from({ length: 10 }, (_, i) => `sim-${String(496 + i).padStart(4, '0')}`),
  );
  expect(certificates.every((one) => one.verify(authority.publicKey))).toBe(true);
  expect(new Set(certificates.map(({ serialNumber }) => serialNumber)).size).toBe(10);
  for (const [i, { key }] of hosts.entries())
    expect(certificates[i]!.checkPrivateKey(createPrivateKey(key)), `key ${i}`).toBe(true);
});

test('what is there is taken as it is; more hosts add to it; a year later all are made anew', async () => {
  await createAuthority(folder, NOW);
  await prepareCertificates(where(), 3, NOW, quiet);
  const first = readFileSync(join(folder, 'simulated', files()[0]!), 'utf8');
  await prepareCertificates(where(), 2, NOW, quiet);
  expect(readFileSync(join(folder, 'simulated', files()[0]!), 'utf8')).toBe(first);
  const before = readCertificates(where(), 0, 3).hosts;
  // Hosts of other names have others.
  await prepareCertificates({ authority: folder, names: 'demo' }, 1, NOW, quiet);
  expect(files()).toEqual(['demo-00001.jsonl', 'sim-00001.jsonl']);
  await prepareCertificates(where(), 5, NOW, quiet);
  expect(readCertificates(where(), 0, 5).hosts.slice(0, 3)).toEqual(before);
  await prepareCertificates(where(), 5, NOW + YEAR_MS, quiet);
  expect(readCertificates(where(), 0, 1).hosts[0]).not.toEqual(before[0]);
});

test('another authority in the same folder has signed none of them', async () => {
  await createAuthority(folder, NOW);
  await prepareCertificates(where(), 2, NOW, quiet);
  const before = readCertificates(where(), 0, 2).hosts;
  for (const file of ['ca.pem', 'ca.key']) rmSync(join(folder, file));
  await createAuthority(folder, NOW);
  await prepareCertificates(where(), 2, NOW, quiet);
  const { ca, hosts } = readCertificates(where(), 0, 2);
  expect(hosts[0]).not.toEqual(before[0]);
  expect(new X509Certificate(hosts[0]!.cert).verify(new X509Certificate(ca).publicKey)).toBe(true);
});

test('without an authority it is said how to make one', async () => {
  await expect(prepareCertificates(where(), 2, NOW, quiet)).rejects.toThrow(/HG_CERT_FILE.*heliograph ca/s);
});
