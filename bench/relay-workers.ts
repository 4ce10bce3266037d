import { threeDigits } from './page/three-digits.ts';
import { Crowd } from './relay/crowd.ts';
import { measure as measureLoad } from './relay/load.ts';
import { answer, start, usage } from './relay/processes.ts';
import { openStation } from './relay/station.ts';
import type { BenchResult } from './result.ts';

const HOSTS = 200;
const AT_ONCE = 50;
const FRAMES = 12_000;
const INSTANTS = 10;
const SAMPLES = 100 * INSTANTS;

/**
 * A relay of one process and of two, with the same load: CPU of all its processes, what a connection costs, how evenly
 * connections are spread, and whether tickets of one worker are good at the other. Hosts and core are other processes.
 */
export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const workers of [1, 2]) results.push(...(await measure(workers)));
  return results;
}

async function measure(workers: number): Promise<BenchResult[]> {
  const station = await openStation(HOSTS);
  const relay = start('workers.ts', [JSON.stringify({ ...station.config, workers })]);
  const page = async <T>(path: string) => (await (await fetch(`http://127.0.0.1:${at.http}${path}`)).json()) as T;
  const at = await answer<{ mqtt: number; http: number }>(relay);
  const hosts = await Crowd.open({ port: at.mqtt, directory: station.ca, hosts: HOSTS });
  try {
    await hosts.connect(HOSTS, AT_ONCE);
    const spread =
      workers === 1
        ? [HOSTS]
        : await page<Health>('/healthz').then((health) => health.workers.map(({ connections }) => connections));
    await hosts.ask({ do: 'leave' });
    const before = await usage(relay);
    const { resumed } = await hosts.connect(HOSTS, AT_ONCE);
    const connected = await usage(relay);
    await hosts.ask({ do: 'leave' });
    const load = { directory: station.ca, hosts: HOSTS, frames: FRAMES, instants: INSTANTS };
    const warm = await measureLoad(relay, at, { ...load, from: 1 });
    const counted = await measureLoad(relay, at, { ...load, from: 1 + FRAMES });
    const name = `relay, ${workers} ${workers === 1 ? 'process' : 'workers'}`;
    const note = `${HOSTS} TLS connections, ${SAMPLES} samples a frame, ${Math.round(FRAMES / counted.seconds)} frames/s on this machine, shared with hosts and core; the load before took ${threeDigits(warm.cpuSeconds / million)} s`;
    return [
      { name: `${name}: CPU per million samples`, value: threeDigits(counted.cpuSeconds / million), unit: 's', note },
      {
        name: `${name}: CPU per resumed connection`,
        value: threeDigits(((connected.cpu - before.cpu) / HOSTS) * 1000),
        unit: 'ms',
      },
      { name: `${name}: tickets taken`, value: resumed, unit: `of ${HOSTS}` },
      { name: `${name}: connections of the fullest worker`, value: Math.max(...spread), unit: `of ${HOSTS}` },
    ];
  } finally {
    hosts.kill();
    relay.send({ stop: true });
    await new Promise((resolve) => relay.once('exit', resolve));
    station.close();
  }
}

interface Health {
  readonly workers: readonly { readonly connections: number }[];
}

const million = (FRAMES * SAMPLES) / 1e6;
