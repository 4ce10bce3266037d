import { threeDigits } from './page/three-digits.ts';
import { type Measured, measure } from './relay/load.ts';
import { answer, start } from './relay/processes.ts';
import { openStation } from './relay/station.ts';
import type { BenchResult } from './result.ts';

const HOSTS = 200;

/** Loads a relay: `frames` frames of 100 series, `instants` each. */
export type LoadRelay = (frames: number, instants: number) => Promise<Measured>;

/**
 * CPU of the relay per million samples, everything included: TLS, MQTT, journal with fsync, acknowledgement, repeats,
 * blocks, gRPC. Clients and the receiving core are other processes and are not counted.
 */
export async function run(): Promise<BenchResult[]> {
  return withRelay(async (load) => {
    const results: BenchResult[] = [];
    // The first load also warms the code up, and is not counted.
    for (const [instants, frames, target, counted] of [
      [1, 100_000, 0.5, false],
      [1, 60_000, 0.5, true],
      [10, 40_000, 0.15, true],
    ] as const) {
      const measured = await load(frames, instants);
      if (counted) results.push(...figures(measured, instants * 100, target));
    }
    return results;
  });
}

/** A relay in a process of its own, before a core that acknowledges everything, for as long as `work` takes. */
export async function withRelay<T>(work: (load: LoadRelay) => Promise<T>): Promise<T> {
  const station = await openStation(HOSTS);
  const profile = process.env.RELAY_PROFILE ? ['--cpu-prof', `--cpu-prof-dir=${process.env.RELAY_PROFILE}`] : [];
  const relay = start('relay.ts', [JSON.stringify(station.config)], profile);
  const at = await answer<{ mqtt: number; http: number }>(relay);
  let from = 1;
  try {
    return await work(async (frames, instants) => {
      const measured = await measure(relay, at, { directory: station.ca, hosts: HOSTS, frames, instants, from });
      from += frames;
      return measured;
    });
  } finally {
    relay.send({ stop: true });
    await new Promise((resolve) => relay.once('exit', resolve));
    station.close();
  }
}

function figures(measured: Measured, perFrame: number, target: number): BenchResult[] {
  const { cpuSeconds, seconds, samples, memory } = measured;
  const name = `relay, ${perFrame} samples a frame`;
  // Each frame and each PUBACK is a TLS record of its own, as of hosts that send one a second.
  const note = `${HOSTS} TLS connections, one frame each at a time, as fast as they are acknowledged: ${Math.round(samples / perFrame / seconds)} frames/s; a TLS record for each frame and each PUBACK, fsync before it`;
  return [
    {
      name: `${name}: CPU per million samples`,
      value: threeDigits(cpuSeconds / (samples / 1e6)),
      unit: 's',
      target,
      note,
    },
    { name: `${name}: CPU per frame`, value: threeDigits((cpuSeconds / (samples / perFrame)) * 1e6), unit: 'us' },
    { name: `${name}: memory`, value: threeDigits(memory / 2 ** 20), unit: 'MiB' },
  ];
}
