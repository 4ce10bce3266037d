import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAuthority, openAuthority } from '../../lib/certificates/authority.ts';
import { CertificateTemplate } from '../../simulator/certificate-template.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heliograph-template-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a name of one letter, which keys and serial numbers have by chance, is put where the name stands and nowhere else', async () => {
  await createAuthority(folder, Date.now());
  const authority = await openAuthority(folder, Date.now());
  const key = readFileSync(join(folder, 'ca.key'), 'utf8');
  const ca = new X509Certificate(readFileSync(join(folder, 'ca.pem')));
  // In each of these the letter stands about twice by chance.
  for (let round = 0; round < 20; round++) {
    const model = await authority.certify({ name: 'h', role: 'collector', days: 2 });
    const made = new X509Certificate(new CertificateTemplate('h', model.cert, key).certify('i').cert);
    expect(made.subject).toBe(new X509Certificate(model.cert).subject.replace('CN=h', 'CN=i'));
    expect(made.verify(ca.publicKey)).toBe(true);
  }
});
