import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { claimPort } from '../../cli/start/ports.ts';
import { type Authority, createAuthority } from '../../lib/certificates/authority.ts';
import { TierProcess } from './tier-process.ts';

const LOOPBACK = ['127.0.0.1', 'localhost'];

/** A whole system of real processes on ephemeral ports in a temporary folder: one core, one relay, any number of collectors. */
export interface Fleet {
  readonly directory: string;
  readonly authority: Authority;
  readonly core: TierProcess;
  readonly relay: TierProcess;
  readonly collectors: readonly TierProcess[];
  readonly coreUrl: URL;
  readonly relayUrl: URL;
  readonly relayAddress: { readonly host: string; readonly port: number };
  readonly corePort: number;
  /** The folder that collector `number` reads `*.log` from. */
  logFolder(number: number): string;
  close(): Promise<void>;
}

export interface FleetOptions {
  readonly collectors: number;
  readonly interval?: string;
  /** More of the relay's configuration; a function is given the fleet's folder, for files that it names. */
  readonly relay?: object | ((directory: string) => object);
  readonly core?: object | ((directory: string) => object);
  /** More of each collector's configuration; it is given the relay's port. */
  readonly collector?: (number: number, relayPort: number) => object;
  /** The port by which each collector reaches the relay; its own unless given. */
  readonly through?: (number: number, relayPort: number) => Promise<number>;
  /** Of the relay's process, and of the core's, which is given the fleet's folder. */
  readonly relayEnvironment?: Readonly<Record<string, string>>;
  readonly coreEnvironment?: (directory: string) => Readonly<Record<string, string>>;
  /** Addresses by which collectors reach the relay, each its own, in place of loopback; they stand in the relay's certificate. */
  readonly relayHosts?: readonly string[];
  /** Stands before a collector's command, as TierProcess has it. */
  readonly collectorUnder?: (number: number) => readonly string[];
}

export async function createFleet(options: FleetOptions): Promise<Fleet> {
  const { through } = options;
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-fleet-'));
  const ca = join(directory, 'ca');
  const authority = await createAuthority(ca, Date.now());
  const free = () => claimPort({ option: '', port: 0, what: 'test' });
  const [http, ingest, mqtt, relayHttp] = [await free(), await free(), await free(), await free()];
  const revoked = join(ca, 'revoked.txt');
  const tls = (name: string) => ({
    ca: join(ca, 'ca.pem'),
    cert: join(ca, `${name}.pem`),
    key: join(ca, `${name}.key`),
  });
  const config = (name: string, content: object): string => {
    const file = join(directory, `${name}.yaml`);
    writeFileSync(file, stringify(content));
    return file;
  };
  const tier = (
    kind: string,
    name: string,
    content: object,
    environment: Readonly<Record<string, string>> = {},
    under: readonly string[] = [],
  ) =>
    new TierProcess(
      'heliograph.ts',
      [kind, '--config', config(name, content)],
      join(directory, `${name}.out`),
      environment,
      under,
    );

  await authority.issue({ name: 'core-1', role: 'core', hosts: LOOPBACK, days: 2 });
  const coreConfig = {
    name: 'core-1',
    dataDir: join(directory, 'core'),
    http: { listen: `127.0.0.1:${http}` },
    ingest: { listen: `127.0.0.1:${ingest}` },
    tls: { ...tls('core-1'), revoked },
    ...(typeof options.core === 'function' ? options.core(directory) : options.core),
  };
  const core = tier('core', 'core-1', coreConfig, options.coreEnvironment?.(directory));
  const { relayHosts = [] } = options;
  await authority.issue({ name: 'relay-1', role: 'relay', hosts: [...LOOPBACK, ...relayHosts], days: 2 });
  const relayConfig = {
    name: 'relay-1',
    site: 'test',
    dataDir: join(directory, 'relay'),
    mqtt: { listen: `${relayHosts.length === 0 ? '127.0.0.1' : '0.0.0.0'}:${mqtt}` },
    http: { listen: `127.0.0.1:${relayHttp}` },
    cores: [`127.0.0.1:${ingest}`],
    tls: { ...tls('relay-1'), revoked },
    ...(typeof options.relay === 'function' ? options.relay(directory) : options.relay),
  };
  const relay = tier('relay', 'relay-1', relayConfig, options.relayEnvironment);
  const logFolder = (number: number) => join(directory, `log-${number}`);
  const collectors: TierProcess[] = [];
  for (let number = 0; number < options.collectors; number++) {
    const name = `host-${number}`;
    const more = options.collector?.(number, mqtt);
    await authority.issue({ name, role: 'collector', days: 2 });
    mkdirSync(logFolder(number), { recursive: true });
    collectors.push(
      tier(
        'collector',
        name,
        {
          dataDir: join(directory, name),
          relays: [`${relayHosts[number] ?? '127.0.0.1'}:${(await through?.(number, mqtt)) ?? mqtt}`],
          interval: options.interval ?? '1s',
          tls: tls(name),
          logs: [{ paths: [join(logFolder(number), '*.log*')], service: 'test', level: 'debug' }],
          ...more,
        },
        {},
        options.collectorUnder?.(number),
      ),
    );
  }
  return {
    directory,
    authority,
    core,
    relay,
    collectors,
    coreUrl: new URL(`http://127.0.0.1:${http}`),
    relayUrl: new URL(`http://127.0.0.1:${relayHttp}`),
    relayAddress: { host: '127.0.0.1', port: mqtt },
    corePort: ingest,
    logFolder,
    close: async () => {
      for (const process of [...collectors, relay, core]) await process.kill();
      // Workers of a relay that was killed may be about to end still.
      rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}
