import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFleet, type Fleet } from '../../test/support/fleet.ts';
import { TierProcess } from '../../test/support/tier-process.ts';
import { type BenchStore, startStore } from '../end-to-end/store.ts';
import { CuttableWay } from '../relay/cuttable.ts';
import { BACKLOG_HOSTS } from './backlog.ts';
import { Links } from './links.ts';
import type { AlertLatencyOptions } from './options.ts';
import { slowProcess } from './slow-process.ts';

/** Real collectors beside the simulated hosts. */
export const COLLECTORS = 4;
export const KEEP_ALIVE_S = 10;
/** The rule of the value over its threshold is evaluated so often. */
export const EVALUATE_S = 1;
/** Several that do not cross together, and each so seldom that its end was told before, or the new begin would wait for `groupInterval`. */
const CANARIES = [17, 20, 23];
const CANARY_UP_S = 6;
const REQUEST_SAMPLES = 500_000;
const RULES = `groups:
  - {name: canary, interval: ${EVALUATE_S}s, rules: [{alert: Canary, expr: heliograph_canary_crossed_seconds > 0}]}
`;
const here = (file: string) => new URL(file, import.meta.url).href;

/** A core, a relay, collectors whose networks can be pulled, canaries and simulated hosts, each a process of its own. */
export class System {
  readonly fleet: Fleet;
  /** The core writes there what passes it (trace.ts). */
  readonly traces: string;
  readonly simulated: TierProcess;
  readonly #canaries: readonly TierProcess[];
  readonly #networks: Networks;
  readonly #store: BenchStore;
  readonly #share: number;
  #runs: (() => void) | null = null;

  private constructor(
    fleet: Fleet,
    traces: string,
    parts: { simulated: TierProcess; canaries: TierProcess[]; networks: Networks; store: BenchStore; share: number },
  ) {
    this.fleet = fleet;
    this.traces = traces;
    this.simulated = parts.simulated;
    this.#canaries = parts.canaries;
    this.#networks = parts.networks;
    this.#store = parts.store;
    this.#share = parts.share;
  }

  /** Puts it together; nothing runs yet but a store of its own. @param url of the webhook */
  static async open({ link, store: kind, storeShare, hosts }: AlertLatencyOptions, url: string): Promise<System> {
    const store = await startStore(kind, REQUEST_SAMPLES);
    const networks = link ? linksOf() : proxies();
    const traced = (directory: string) => join(directory, 'traces.jsonl');
    const fleet = await createFleet({
      ...{ collectors: COLLECTORS, interval: '5s', ...networks.options },
      collector: () => ({ keepAlive: `${KEEP_ALIVE_S}s`, reconnect: { base: '200ms', cap: '1s' } }),
      core: (directory: string) => ({
        ...store.config,
        alerts: {
          rules: { files: [join(directory, 'rules.yaml')], startAfter: '1s' },
          hosts: {
            grace: '10s',
            maintenance: [{ hosts: BACKLOG_HOSTS, from: '2020-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z' }],
          },
          // A message for each, or one host would wait for what is said of another.
          notify: { groupBy: ['alertname', 'instance'], receivers: [{ name: 'hook', webhook: { url } }] },
        },
      }),
      coreEnvironment: (directory) => ({
        NODE_OPTIONS: `--import=${here('trace.ts')} --import=${here('slow-threads.ts')}`,
        HELIOGRAPH_TRACE_FILE: traced(directory),
        HELIOGRAPH_TRACE_HOSTS: 'canary-',
        HELIOGRAPH_STORE_SHARE: String(storeShare),
      }),
    });
    const { directory, authority, relayAddress } = fleet;
    writeFileSync(join(directory, 'rules.yaml'), RULES);
    const ca = join(directory, 'ca');
    const relay = `127.0.0.1:${relayAddress.port}`;
    const out = (name: string) => join(directory, `${name}.out`);
    const canaries: TierProcess[] = [];
    for (const everyS of CANARIES) {
      const name = `canary-${everyS}`;
      await authority.issue({ name, role: 'collector', days: 2 });
      const args = [
        ...['canary', '--relay', relay, '--ca', join(ca, 'ca.pem'), '--cert', join(ca, `${name}.pem`)],
        ...['--key', join(ca, `${name}.key`), '--data', join(directory, name)],
        ...['--every', `${everyS}s`, '--up', `${CANARY_UP_S}s`, '--interval', '1s'],
      ];
      canaries.push(new TierProcess('heliograph.ts', args, out(name)));
    }
    const simulation = ['--hosts', String(hosts), '--relay', relay, '--ca', ca, '--duration', '0s'];
    const simulated = new TierProcess(
      'simulate.ts',
      [...simulation, '--interval', '10s', '--workers', '1'],
      out('simulated'),
    );
    return new System(fleet, traced(directory), { simulated, canaries, networks, store, share: storeShare });
  }

  /** The core, with its store as slow as it should be. */
  async startCore(): Promise<void> {
    await this.fleet.core.start();
    if (this.#store.pid !== null && this.#share < 1) this.#runs = slowProcess(this.#store.pid, this.#share);
  }

  /** All that speaks to the relay. */
  async startHosts(): Promise<void> {
    await Promise.all(this.fleet.collectors.map((collector) => collector.start()));
    for (const canary of this.#canaries) await canary.start();
    await this.simulated.start();
  }

  /** Hosts that are connected when all are. */
  hosts(simulated: number): number {
    return simulated + COLLECTORS + CANARIES.length;
  }

  /** The network of a collector is pulled, or is there again. */
  pull(number: number): void {
    this.#networks.pull(number);
  }

  plug(number: number): void {
    this.#networks.plug(number);
  }

  async close(): Promise<void> {
    this.#runs?.();
    for (const canary of this.#canaries) await canary.kill();
    await this.simulated.kill();
    await this.fleet.close();
    this.#networks.close();
    await this.#store.stop();
  }
}

/** How collectors reach their relay. */
interface Networks {
  readonly options: Partial<Parameters<typeof createFleet>[0]>;
  pull(number: number): void;
  plug(number: number): void;
  close(): void;
}

function linksOf(): Networks {
  const links = Links.open(COLLECTORS);
  return {
    options: { relayHosts: links.addresses, collectorUnder: (number) => links.under(number) },
    pull: (number) => links.pull(number),
    plug: (number) => links.plug(number),
    close: () => links.close(),
  };
}

function proxies(): Networks {
  const ways: CuttableWay[] = [];
  return {
    options: {
      through: async (number, port) => {
        const way = new CuttableWay(port);
        ways[number] = way;
        await way.open();
        return way.port;
      },
    },
    pull: (number) => ways[number]!.pull(),
    plug: (number) => ways[number]!.plug(),
    close: () => {
      for (const way of ways) way.cut();
    },
  };
}
