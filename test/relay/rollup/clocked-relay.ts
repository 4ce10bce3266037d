import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Authority, createAuthority } from '../../../lib/certificates/authority.ts';
import { ClockedProcess } from '../../support/clocked-process.ts';
import type { IngestCore } from '../../support/ingest-core.ts';

const SCRIPT = fileURLToPath(new URL('clocked-relay-process.ts', import.meta.url));

/** A relay as a process of its own, which can be killed, and whose time stands still until it is told another. */
export class ClockedRelay extends ClockedProcess<{ mqtt: number; http: number }> {
  mqtt = 0;
  http = 0;

  /** @param config as its file would have it, but for the ports @param time ms since the epoch */
  constructor(config: object, time: number) {
    super(SCRIPT, config, time);
  }

  /** Resolves when it takes connections. */
  override async start(): Promise<{ mqtt: number; http: number }> {
    const ports = await super.start();
    Object.assign(this, ports);
    return ports;
  }
}

/** Certificates in a folder, a core that listens with one, and what a relay before it needs of its configuration. */
export async function relayBefore(
  core: IngestCore,
  directory: string,
): Promise<{ authority: Authority; config: object }> {
  const authority = await createAuthority(join(directory, 'ca'), Date.now());
  const loopback = ['127.0.0.1', 'localhost'];
  await core.listen(await authority.issue({ name: 'core1', role: 'core', hosts: loopback, days: 2 }));
  const { ca, cert, key } = await authority.issue({ name: 'relay1', role: 'relay', hosts: loopback, days: 2 });
  const config = {
    name: 'relay1',
    dataDir: join(directory, 'relay'),
    mqtt: { listen: '127.0.0.1:0' },
    http: { listen: '127.0.0.1:0' },
    tls: { ca, cert, key, check: '50ms' },
    cores: [`127.0.0.1:${core.port}`],
  };
  return { authority, config };
}
