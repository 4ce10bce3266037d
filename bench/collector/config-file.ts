import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CollectorConfigInput } from '../../collector/node/config.ts';
import type { CertificateFiles } from '../../lib/certificates/authority.ts';

/** Writes a collector's file and gives its path. @param folder for it and its data @param port of its relay on this machine */
export function writeCollectorConfig(
  folder: string,
  port: number,
  { ca, cert, key }: CertificateFiles,
  more: Partial<CollectorConfigInput>,
): string {
  const file = join(folder, 'collector.yaml');
  const config = { relays: [`127.0.0.1:${port}`], tls: { ca, cert, key }, dataDir: join(folder, 'data'), ...more };
  writeFileSync(file, JSON.stringify(config));
  return file;
}
