import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { simulatedName } from '../simulator/names.ts';
import { createFleet, type Fleet } from '../test/support/fleet.ts';
import { TierProcess } from '../test/support/tier-process.ts';
import { cpuOf } from './dashboard/engines.ts';
import { FreshnessCounts } from './end-to-end/freshness-counts.ts';
import { pageOf } from './end-to-end/snapshot.ts';
import type { BenchResult } from './result.ts';

const HOSTS = 200;
const LINES_A_SECOND = 500;
const PEOPLE = 10;
/** What a page asks anew while somebody looks at it, and how long it waits in between. */
const LOOK_EVERY_MS = 2_000;
/** Quiet and busy take turns, so that whatever else the machine does weighs on both alike. */
const PHASES = 4;
const PHASE_MS = 20_000;
const WARM_UP_MS = 15_000;

/** From sent to queryable, nobody looking and ten people looking, in turns within one run: DESIGN section 7, 200 hosts at 10 s. */
export async function run(): Promise<BenchResult[]> {
  const fleet = await createFleet({ collectors: 0 });
  let simulator: TierProcess | null = null;
  try {
    await fleet.core.start();
    await fleet.relay.start();
    simulator = new TierProcess('simulate.ts', simulation(fleet), join(fleet.directory, 'simulator.out'));
    await simulator.start();
    await wait(WARM_UP_MS);
    const quiet = new Phase();
    const busy = new Phase();
    for (let turn = 0; turn < PHASES; turn++) {
      await quiet.measure(fleet, () => wait(PHASE_MS));
      await busy.measure(fleet, () => peopleLook(fleet));
    }
    return results(quiet, busy);
  } finally {
    await simulator?.kill();
    await fleet.close();
  }
}

function simulation({ relayAddress, directory }: Fleet): string[] {
  const relay = `${relayAddress.host}:${relayAddress.port}`;
  const load = [
    '--hosts',
    `${HOSTS}`,
    '--interval',
    '10s',
    '--logs-per-second',
    `${LINES_A_SECOND}`,
    '--duration',
    '0s',
  ];
  return ['--relay', relay, '--ca', join(directory, 'ca'), ...load];
}

/** Each asks what the page of a host asks: charts of an hour, its newest lines, the fleet; then a search, then again. */
async function peopleLook({ coreUrl }: Fleet): Promise<void> {
  const until = performance.now() + PHASE_MS;
  const ask = async (path: string, parameters: Record<string, string>) => {
    const url = new URL(path, coreUrl);
    url.search = new URLSearchParams(parameters).toString();
    const answer = await fetch(url);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path} was refused: ${answer.status} ${text.slice(0, 300)}`);
  };
  const person = async (number: number) => {
    await wait((number * LOOK_EVERY_MS) / PEOPLE);
    for (let look = 0; performance.now() < until; look++) {
      const end = Date.now() / 1000;
      const instance = simulatedName((number * 37 + look) % HOSTS);
      const range = { start: `${end - 3600}`, end: `${end}`, step: '15' };
      const charts = [
        `sum by (mode) (rate(node_cpu_seconds_total{instance="${instance}"}[1m]))`,
        `node_memory_MemAvailable_bytes{instance="${instance}"}`,
        `rate(node_network_receive_bytes_total{instance="${instance}"}[1m])`,
        'avg(node_load1)',
      ];
      await Promise.all([
        ...charts.map((query) => ask('/api/v1/query_range', { query, ...range })),
        ask('/api/v1/logs', { host: instance, limit: '50' }),
        ask('/api/v1/fleet', {}),
      ]);
      await ask('/api/v1/logs', { q: 'error timeout', limit: '100' });
      await wait(Math.max(0, Math.min(LOOK_EVERY_MS, until - performance.now())));
    }
  };
  await Promise.all(Array.from({ length: PEOPLE }, (_, number) => person(number)));
}

/** Sums of the phases of one kind. */
class Phase {
  #counts = new FreshnessCounts();
  cpu = 0;
  ms = 0;

  async measure(fleet: Fleet, work: () => Promise<void>): Promise<void> {
    const [before, cpu, began] = [await counts(fleet), cpuOf(fleet.core.pid!), performance.now()];
    await work();
    const after = await counts(fleet);
    this.cpu += cpuOf(fleet.core.pid!) - cpu;
    this.ms += performance.now() - began;
    this.#counts = after.since(before).plus(this.#counts);
  }

  get frames(): number {
    return this.#counts.count;
  }

  quantile(share: number): number {
    return this.#counts.quantile(share);
  }
}

async function counts({ coreUrl }: Fleet): Promise<FreshnessCounts> {
  return FreshnessCounts.of(await pageOf(new URL('/metrics', coreUrl)), 'heliograph_core_sent_to_queryable_seconds');
}

function results(quiet: Phase, busy: Phase): BenchResult[] {
  const seconds = (share: number) => `${quiet.quantile(share).toFixed(3)} s and ${busy.quantile(share).toFixed(3)} s`;
  const load = `${HOSTS} hosts at 10 s, ${LINES_A_SECOND} lines/s; ${PEOPLE} people, each asking 7 questions every ${LOOK_EVERY_MS / 1000} s; ${PHASES} turns of ${PHASE_MS / 1000} s each`;
  const ratio = (share: number) => busy.quantile(share) / quiet.quantile(share);
  return [
    {
      name: 'sent to queryable, p99, nobody looking',
      value: quiet.quantile(0.99),
      unit: 's',
      target: 1,
      note: `${quiet.frames} frames; ${load}`,
    },
    {
      name: 'sent to queryable, p99, ten people looking',
      value: busy.quantile(0.99),
      unit: 's',
      target: 1,
      note: `${busy.frames} frames`,
    },
    { name: 'p99, ten people looking beside nobody', value: ratio(0.99), unit: 'x', note: seconds(0.99) },
    { name: 'p50, ten people looking beside nobody', value: ratio(0.5), unit: 'x', note: seconds(0.5) },
    {
      name: 'CPU of the core, ten people looking beside nobody',
      value: busy.cpu / busy.ms / (quiet.cpu / quiet.ms),
      unit: 'x',
      note: `${((quiet.cpu / quiet.ms) * 1000).toFixed(3)} and ${((busy.cpu / busy.ms) * 1000).toFixed(3)} CPU s a second`,
    },
  ];
}
