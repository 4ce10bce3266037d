import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { CANARY, thisHost } from './certificates.ts';

const rulesOf = (name: string) => fileURLToPath(new URL(`../../deploy/alerts/${name}.yaml`, import.meta.url));

/** Ports of one machine's tiers, all on loopback. */
export interface Ports {
  readonly http: number;
  readonly ingest: number;
  readonly relay: number;
  readonly relayHttp: number;
  /** OTLP and push over gRPC. */
  readonly otlp: number;
}

/** Where the configuration of each tier was written. */
export interface ConfigFiles {
  readonly core: string;
  readonly relay: string;
  readonly collector: string;
}

/**
 * Writes the three configurations that "npm start" runs, as files: the same that a user would write by hand, to look at
 * and to take along when a tier moves to a machine of its own.
 * @param canary whether one runs @param engines what stands behind the core's ports in place of the embedded stores
 */
export function writeConfigs(data: string, ports: Ports, canary: boolean, engines: object = {}): ConfigFiles {
  const ca = join(data, 'ca');
  const tls = (name: string) => ({
    ca: join(ca, 'ca.pem'),
    cert: join(ca, `${name}.pem`),
    key: join(ca, `${name}.key`),
  });
  const revoked = join(ca, 'revoked.txt');
  return {
    core: write(data, 'core', {
      name: 'core-1',
      dataDir: join(data, 'core'),
      http: { listen: `127.0.0.1:${ports.http}` },
      ingest: { listen: `127.0.0.1:${ports.ingest}` },
      push: { grpc: `127.0.0.1:${ports.otlp}` },
      // Who has the series, and blocks: to be seen from the first minute.
      cardinality: {},
      alerts: {
        hosts: { authority: ca, ...(canary ? {} : { decommissioned: [CANARY] }) },
        rules: { files: ['hosts', 'tiers', ...(canary ? ['canary'] : [])].map(rulesOf) },
        ...(canary ? { canary: { every: '5m' } } : {}),
      },
      tls: { ...tls('core-1'), revoked },
      ...engines,
    }),
    relay: write(data, 'relay', {
      name: 'relay-1',
      site: 'local',
      dataDir: join(data, 'relay'),
      mqtt: { listen: `127.0.0.1:${ports.relay}` },
      http: { listen: `127.0.0.1:${ports.relayHttp}` },
      cores: [`127.0.0.1:${ports.ingest}`],
      cardinality: {},
      tls: { ...tls('relay-1'), revoked },
    }),
    collector: write(data, 'collector', {
      dataDir: join(data, 'collector'),
      relays: [`127.0.0.1:${ports.relay}`],
      tls: tls(thisHost()),
      logs: [
        { paths: [join(data, 'logs', '*.log')] },
        { paths: ['/var/log/syslog', '/var/log/messages', '/var/log/system.log'] },
      ],
    }),
  };
}

function write(data: string, tier: string, config: object): string {
  const directory = join(data, 'config');
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${tier}.yaml`);
  writeFileSync(
    file,
    `# Written by "npm start" at each start. Run this tier alone with: heliograph ${tier} --config ${file}\n${stringify(config)}`,
  );
  return file;
}
