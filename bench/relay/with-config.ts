import { threeDigits } from '../page/three-digits.ts';
import type { BenchResult } from '../result.ts';
import { type Measured, measure } from './load.ts';
import { answer, start } from './processes.ts';
import { openStation } from './station.ts';

/** The first load warms the code up, and is not counted. */
const WARM_FRAMES = 10_000;
/**
 * Of more hosts so many have a frame under way at a time: with one of each of ten thousand a frame waits for seconds before it is read, and samples are late
 * that no relay would have made late.
 */
const AT_ONCE = 500;

/**
 * What the load of `relay` with 100 samples a frame costs a relay that has more in its configuration.
 * @param check at the end, while the relay still is up
 */
export async function measureWithConfig(
  { hosts, frames }: { hosts: number; frames: number },
  more: object,
  check: (http: number) => Promise<void> = () => Promise.resolve(),
): Promise<Measured> {
  const station = await openStation(hosts);
  // Of several workers the CPU is that of all, and the memory the supervisor's.
  const relay = start('workers' in more ? 'workers.ts' : 'relay.ts', [JSON.stringify({ ...station.config, ...more })]);
  try {
    const at = await answer<{ mqtt: number; http: number }>(relay);
    // Both loads on the same connections: of ten thousand hosts these cost more than all their frames.
    const turns = hosts > AT_ONCE ? { atOnce: AT_ONCE } : {};
    const load = { directory: station.ca, hosts, frames, instants: 1, from: 1, live: true, ...turns };
    const measured = await measure(relay, at, load, Math.max(WARM_FRAMES, hosts));
    await check(at.http);
    return measured;
  } finally {
    relay.send({ stop: true });
    await new Promise((resolve) => relay.once('exit', resolve));
    station.close();
  }
}

/** The figures of such a load. @param note what it was, behind hosts and frames */
export function relayFigures(
  name: string,
  hosts: number,
  { cpuSeconds, samples, memory, seconds }: Measured,
  note: string,
): BenchResult[] {
  return [
    {
      name: `relay, ${name}: CPU per million samples`,
      value: threeDigits(cpuSeconds / (samples / 1e6)),
      unit: 's',
      note: `${hosts} hosts of 100 series, ${Math.round(samples / 100 / seconds)} frames/s of 100 samples${note}`,
    },
    { name: `relay, ${name}: memory`, value: threeDigits(memory / 2 ** 20), unit: 'MiB' },
  ];
}
