import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IClientOptions, MqttClient } from 'mqtt';
import { type Authority, type CertificateFiles, createAuthority } from '../../lib/certificates/authority.ts';
import { systemClock } from '../../lib/clock.ts';
import { parseConfig } from '../../lib/config/load.ts';
import type { Ledger } from '../../lib/ledger.ts';
import { silentLog } from '../../lib/log.ts';
import type { DataClass } from '../../proto/class.ts';
import { decodeFrame } from '../../proto/frame.ts';
import { type RelayConfig, relayConfig } from '../../relay/config.ts';
import { type Relay, startRelay } from '../../relay/start.ts';
import { PATIENCE, type Patience } from '../../relay/workers/heartbeat.ts';
import { needsWorkers, type RelayOfWorkers, startWorkers } from '../../relay/workers/supervisor.ts';
import { IngestCore } from '../support/ingest-core.ts';
import { until } from '../support/until.ts';
import { connectClient, Host } from './setup.ts';

export interface Health {
  readonly status: string;
  readonly why?: string;
  readonly core: boolean;
  readonly connections: number;
  readonly workers: readonly {
    readonly worker: number;
    readonly up: boolean;
    readonly pid: number | null;
    readonly connections: number;
    readonly restarts: number;
    readonly why?: string;
  }[];
}

/** A relay of several real processes before a core, in a temporary folder, on ephemeral ports. */
export class WorkersPlace {
  readonly directory = mkdtempSync(join(tmpdir(), 'relay-workers-'));
  readonly core = new IngestCore();
  authority!: Authority;
  relay: (Relay & Partial<RelayOfWorkers>) | null = null;
  /** When a worker is taken for hung, from the next start on. */
  patience: Patience = PATIENCE;
  /** What the supervisor logged as errors. */
  readonly errors: string[] = [];
  /** Of the last start. */
  config!: RelayConfig;
  readonly #clients: MqttClient[] = [];
  readonly #files = new Map<string, CertificateFiles>();

  async open(workers: number, settings: Record<string, unknown> = {}): Promise<this> {
    this.authority = await createAuthority(join(this.directory, 'ca'), Date.now());
    const hosts = ['127.0.0.1', 'localhost'];
    await this.core.listen(await this.authority.issue({ name: 'core1', role: 'core', days: 30, hosts }));
    await this.authority.issue({ name: 'relay1', role: 'relay', days: 30, hosts });
    await this.start(workers, settings);
    return this;
  }

  /** As the command line does it: with a supervisor where one is needed. */
  async start(workers: number, settings: Record<string, unknown> = {}): Promise<void> {
    const ca = this.authority.directory;
    const config = parseConfig(
      'test.yaml',
      JSON.stringify({
        name: 'relay1',
        site: 'north',
        workers,
        dataDir: join(this.directory, 'relay'),
        mqtt: { listen: '127.0.0.1:0' },
        http: { listen: '127.0.0.1:0' },
        tls: { ca: `${ca}/ca.pem`, cert: `${ca}/relay1.pem`, key: `${ca}/relay1.key`, check: '50ms' },
        cores: [`127.0.0.1:${this.core.port}`],
        lossGrace: '200ms',
        ...settings,
      }),
      relayConfig,
    );
    this.config = config;
    const log = {
      ...silentLog,
      error: (message: string, facts?: object) => void this.errors.push(`${message} ${JSON.stringify(facts)}`),
    };
    const deps = { log, clock: systemClock };
    const workerLog = process.env.RELAY_LOG ? { file: process.env.RELAY_LOG } : null;
    this.relay = needsWorkers(config)
      ? await startWorkers(config, { ...deps, workerLog, patience: this.patience })
      : await startRelay(config, deps);
  }

  async stop(): Promise<void> {
    await this.relay?.close();
    this.relay = null;
  }

  async certificate(name: string): Promise<CertificateFiles> {
    let files = this.#files.get(name);
    if (!files) {
      files = await this.authority.issue({ name, role: 'collector', days: 30 });
      this.#files.set(name, files);
    }
    return files;
  }

  async connect(name: string, options: Partial<IClientOptions> = {}): Promise<Host> {
    const files = await this.certificate(name);
    const client = await connectClient(this.relay!.addresses.mqtt, files, name, { connectTimeout: 15_000, ...options });
    this.#clients.push(client);
    return new Host(name, client);
  }

  /** Connects a host, and again while it is not at this worker: each connection goes to the next one. */
  async connectAt(worker: number, name: string, options: Partial<IClientOptions> = {}): Promise<Host> {
    for (let round = 0; round < 10; round++) {
      const before = this.core.reports.length;
      const host = await this.connect(name, options);
      if ((await this.workerOf(name, before)) === worker) return host;
    }
    throw new Error(`${name} never came to worker ${worker}`);
  }

  /** Where a host's newest connection is, as the core was told since it had so many reports. */
  async workerOf(name: string, since = 0): Promise<number> {
    const newest = await until(`the core to hear of ${name}`, () =>
      this.core.reports.slice(since).findLast(({ host }) => host.host === name && host.connected),
    );
    return newest.worker;
  }

  /** Types of the relay's own events about a host, in the order they came to the core. */
  events(name: string): string[] {
    return this.core.frames
      .filter((frame) => frame.host === 'relay1' && frame.class === 'alert')
      .flatMap((frame) => {
        const read = decodeFrame(frame.frame, {});
        return read.kind === 'events' ? read.events : [];
      })
      .filter(({ host }) => host === name)
      .map(({ type }) => type);
  }

  async page(path: string): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.relay!.addresses.http}${path}`)).text();
  }

  async health(): Promise<Health> {
    return JSON.parse(await this.page('/healthz')) as Health;
  }

  async ledger(dataClass: DataClass) {
    const ledger = JSON.parse(await this.page('/ledger.json')) as Ledger;
    return ledger.entries.find((entry) => entry.class === dataClass)!;
  }

  /** The value of a metric, with its labels as they are written; 0 if it is not there. */
  async metric(name: string): Promise<number> {
    const line = (await this.page('/metrics')).split('\n').find((text) => text.startsWith(`${name} `));
    return line ? Number(line.slice(name.length + 1)) : 0;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.end(true);
    await this.stop();
    await this.core.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
