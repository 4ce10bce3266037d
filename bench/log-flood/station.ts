import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CoreConfig, coreConfig } from '../../core/config.ts';
import { createAuthority } from '../../lib/certificates/authority.ts';
import { Engine } from '../../test/support/engine.ts';
import type { ProfileOrder } from '../process/profiler.ts';
import { answer } from '../relay/processes.ts';
import type { Order, Report } from './hosts-process.ts';
import type { FloodOptions } from './options.ts';

const HERE = new URL('.', import.meta.url);
/** Room for all that a long run brings, so that no cap is what is measured. */
const BUS_BYTES = '32GiB';

/** Relay, core, hosts and what stands behind the core: a process each. */
export interface FloodStation {
  readonly ca: string;
  readonly relay: { readonly pid: number; readonly mqtt: number; readonly url: URL };
  readonly core: { readonly pid: number; readonly ingest: number; readonly url: URL; readonly config: CoreConfig };
  /** Of Kafka, where it is the bus. */
  readonly broker: number | null;
  readonly hostPids: readonly number[];
  /** Gives all processes of hosts an order and adds up what they report. */
  order(make: (worker: number) => Order): Promise<Report>;
  folder: string;
  /** Begins a CPU profile of relay and core, or ends it, where one is asked for. */
  profile(begin: boolean): void;
  /** Ends relay and core, not the bus. */
  stopTiers(): Promise<void>;
  close(): Promise<void>;
}

export async function openFloodStation(options: FloodOptions): Promise<FloodStation> {
  const folder = mkdtempSync(join(tmpdir(), 'heliograph-flood-'));
  const ca = join(folder, 'ca');
  const authority = await createAuthority(ca, Date.now());
  const names = ['127.0.0.1', 'localhost'];
  const relayTls = await authority.issue({ name: 'relay-1', role: 'relay', hosts: names, days: 2 });
  const coreTls = await authority.issue({ name: 'core-1', role: 'core', hosts: names, days: 2 });
  const children: ChildProcess[] = [];
  let engine: Engine | null = null;
  const stop = async (child: ChildProcess, polite: boolean): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    if (polite) child.send({ stop: true });
    else child.kill('SIGKILL');
    await gone;
  };
  const close = async (): Promise<void> => {
    for (const child of children) await stop(child, false);
    await engine?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const flags = (process.env.HELIOGRAPH_NODE_FLAGS ?? '').split(' ').filter((flag) => flag !== '');
  const begin = (file: string, args: string[]): ChildProcess => {
    const child = fork(fileURLToPath(new URL(file, HERE)), args, {
      execArgv: ['--disable-warning=ExperimentalWarning', ...flags],
    });
    children.push(child);
    return child;
  };
  try {
    if (options.bus === 'kafka') engine = await Engine.start('kafka');
    const config = {
      name: 'core-1',
      dataDir: join(folder, 'core'),
      ingest: { listen: '127.0.0.1:0' },
      http: { listen: '127.0.0.1:0' },
      tls: coreTls,
      limits: { busBytes: BUS_BYTES },
      ...(engine ? { bus: 'kafka', kafka: { brokers: [engine.values.KAFKA_BROKERS!] } } : {}),
    };
    const core = begin('core-process.ts', [JSON.stringify(config)]);
    const coreAt = await answer<{ ingest: number; http: number }>(core);
    const relay = begin('../relay/relay.ts', [
      JSON.stringify({
        name: 'relay-1',
        site: 'bench',
        dataDir: join(folder, 'relay'),
        mqtt: { listen: '127.0.0.1:0' },
        http: { listen: '127.0.0.1:0' },
        tls: relayTls,
        cores: [`127.0.0.1:${coreAt.ingest}`],
      }),
    ]);
    const relayAt = await answer<{ mqtt: number; http: number }>(relay);
    const workers = Array.from({ length: options.workers }, () => begin('hosts-process.ts', []));
    return {
      ca,
      folder,
      relay: { pid: relay.pid!, mqtt: relayAt.mqtt, url: new URL(`http://127.0.0.1:${relayAt.http}`) },
      core: {
        pid: core.pid!,
        ingest: coreAt.ingest,
        url: new URL(`http://127.0.0.1:${coreAt.http}`),
        config: coreConfig.parse(config),
      },
      broker: engine ? await engine.pid() : null,
      hostPids: workers.map((worker) => worker.pid!),
      order: async (make) => {
        const reports = workers.map((worker, i) => {
          worker.send(make(i));
          return answer<Report>(worker);
        });
        return sumOf(await Promise.all(reports));
      },
      profile: (begins) => {
        if (options.profile === null) return;
        mkdirSync(options.profile, { recursive: true });
        core.send({ profile: begins ? 'core' : null } satisfies ProfileOrder);
        relay.send({ profile: begins ? 'relay' : null } satisfies ProfileOrder);
      },
      stopTiers: async () => {
        await stop(relay, true);
        await stop(core, true);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function sumOf(reports: readonly Report[]): Report {
  const trouble = reports.flatMap((report) => report.trouble);
  if (trouble.length > 0) throw new TypeError(`hosts have trouble: ${trouble.slice(0, 5).join('; ')}`);
  const sum = (of: (report: Report) => number) => reports.reduce((total, report) => total + of(report), 0);
  return {
    open: sum((report) => report.open),
    acknowledged: {
      error: sum((report) => report.acknowledged.error),
      log: sum((report) => report.acknowledged.log),
      debug: sum((report) => report.acknowledged.debug),
    },
    frames: sum((report) => report.frames),
    payloadBytes: sum((report) => report.payloadBytes),
    waiting: sum((report) => report.waiting),
    unacknowledgedFrames: sum((report) => report.unacknowledgedFrames),
    slowest: Math.max(...reports.map((report) => report.slowest)),
    trouble,
  };
}
