import { type Measured, measure } from './load.ts';
import { answer, start } from './processes.ts';
import { openStation } from './station.ts';

/**
 * What a load of live samples costs a relay of its own, after one that warms the code up and is not counted.
 * @param options `more`: of its configuration; `look`: asks the relay at its HTTP port whether the figures count
 */
export async function loaded(options: {
  readonly hosts: number;
  readonly warmFrames: number;
  readonly frames: number;
  readonly more: object;
  readonly look: (http: number) => Promise<void>;
}): Promise<Measured> {
  const { hosts, warmFrames, more, look } = options;
  const station = await openStation(hosts);
  const relay = start('relay.ts', [JSON.stringify({ ...station.config, ...more })]);
  try {
    const at = await answer<{ mqtt: number; http: number }>(relay);
    const load = (frames: number, from: number) =>
      measure(relay, at, { directory: station.ca, hosts, frames, instants: 1, from, live: true });
    await load(warmFrames, 1);
    const measured = await load(options.frames, warmFrames + 1);
    await look(at.http);
    return measured;
  } finally {
    relay.send({ stop: true });
    await new Promise((resolve) => relay.once('exit', resolve));
    station.close();
  }
}
