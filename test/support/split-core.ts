import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { claimPort } from '../../cli/start/ports.ts';
import type { Role } from '../../core/roles.ts';
import { type Authority, createAuthority } from '../../lib/certificates/authority.ts';
import { TierProcess } from './tier-process.ts';

const LOOPBACK = ['127.0.0.1', 'localhost'];

/** A process of the core, and where it is reached. */
export interface CorePart {
  readonly name: string;
  readonly process: TierProcess;
  readonly dataDir: string;
  readonly http: URL;
  readonly ingest: string;
  readonly peers: string;
}

/** A core whose roles are split over processes, relays before it, and a collector. All real, on ephemeral ports. */
export interface SplitCore {
  readonly authority: Authority;
  readonly gateways: readonly CorePart[];
  readonly indexers: readonly CorePart[];
  readonly console: CorePart;
  readonly relays: readonly {
    readonly process: TierProcess;
    readonly address: { host: string; port: number };
    readonly url: URL;
  }[];
  readonly collector: TierProcess;
  /** The collector reads `*.log` from here. */
  readonly logFolder: string;
  start(): Promise<void>;
  close(): Promise<void>;
}

/** @param engines what the core's configuration says of the engines */
export async function createSplitCore(engines: object): Promise<SplitCore> {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-split-'));
  const ca = join(directory, 'ca');
  const authority = await createAuthority(ca, Date.now());
  const free = () => claimPort({ option: '', port: 0, what: 'test' });
  const tls = (name: string) => ({
    ca: join(ca, 'ca.pem'),
    cert: join(ca, `${name}.pem`),
    key: join(ca, `${name}.key`),
  });
  const tier = (kind: string, name: string, content: object, more: string[] = []): TierProcess => {
    const file = join(directory, `${name}.yaml`);
    writeFileSync(file, stringify(content));
    return new TierProcess('heliograph.ts', [kind, '--config', file, ...more], join(directory, `${name}.out`));
  };
  const part = async (role: Role, name: string, peers: object = {}): Promise<CorePart> => {
    await authority.issue({ name, role: 'core', hosts: LOOPBACK, days: 2 });
    const [http, ingest, listen] = [await free(), await free(), await free()];
    const own = role === 'console' ? peers : { listen: `127.0.0.1:${listen}` };
    const content = {
      name,
      dataDir: join(directory, name),
      http: { listen: `127.0.0.1:${http}` },
      ingest: { listen: `127.0.0.1:${ingest}` },
      tls: { ...tls(name), revoked: join(ca, 'revoked.txt') },
      ...engines,
      peers: own,
    };
    return {
      name,
      dataDir: content.dataDir,
      process: tier('core', name, content, ['--roles', role]),
      http: new URL(`http://127.0.0.1:${http}`),
      ingest: `127.0.0.1:${ingest}`,
      peers: `127.0.0.1:${listen}`,
    };
  };
  const gateways = [await part('gateway', 'gateway-1'), await part('gateway', 'gateway-2')];
  const indexers = [await part('indexer', 'indexer-1'), await part('indexer', 'indexer-2')];
  const console = await part('console', 'console-1', { ask: [...gateways, ...indexers].map(({ peers }) => peers) });
  const relays = [];
  for (const [i, name] of ['relay-1', 'relay-2'].entries()) {
    await authority.issue({ name, role: 'relay', hosts: LOOPBACK, days: 2 });
    const [mqtt, http] = [await free(), await free()];
    const cores = gateways.map(({ ingest }) => ingest);
    const process = tier('relay', name, {
      name,
      site: 'test',
      dataDir: join(directory, name),
      mqtt: { listen: `127.0.0.1:${mqtt}` },
      http: { listen: `127.0.0.1:${http}` },
      cores: i === 0 ? cores : cores.toReversed(),
      tls: { ...tls(name), revoked: join(ca, 'revoked.txt') },
    });
    relays.push({ process, address: { host: '127.0.0.1', port: mqtt }, url: new URL(`http://127.0.0.1:${http}`) });
  }
  await authority.issue({ name: 'web-1', role: 'collector', days: 2 });
  const logFolder = join(directory, 'log');
  mkdirSync(logFolder);
  const collector = tier('collector', 'web-1', {
    dataDir: join(directory, 'web-1'),
    relays: relays.map(({ address }) => `${address.host}:${address.port}`),
    interval: '1s',
    tls: tls('web-1'),
    logs: [{ paths: [join(logFolder, '*.log*')], service: 'test', level: 'debug' }],
  });
  const core = [...gateways, ...indexers, console].map(({ process }) => process);
  const all = [collector, ...relays.map(({ process }) => process), ...core];
  return {
    authority,
    gateways,
    indexers,
    console,
    relays,
    collector,
    logFolder,
    start: async () => {
      for (const process of all.toReversed()) await process.start();
    },
    close: async () => {
      for (const process of all) await process.kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
