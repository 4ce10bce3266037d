import { cpuSecondsOf } from '../process/figures.ts';
import { forwarded } from '../relay/forwarded.ts';
import { answer, start } from '../relay/processes.ts';
import { openStation } from '../relay/station.ts';

/**
 * CPU s of a relay with doors in a process of its own, before a core that acknowledges everything.
 * @param doors a section of its configuration
 * @param drive sends what warms up, and then calls `measured` once with what is measured: up to the last frame's acknowledgement by the core
 */
export async function cpuOfDoors(
  doors: object,
  drive: (measured: (send: () => Promise<void>) => Promise<void>) => Promise<void>,
): Promise<number> {
  const station = await openStation(1);
  const limits = { requestsPerSecond: 1e6, burst: 1e6 };
  const relay = start('relay.ts', [JSON.stringify({ ...station.config, doors: { ...doors, limits } })]);
  try {
    const { http } = await answer<{ http: number }>(relay);
    let cpu = 0;
    await drive(async (send) => {
      await forwarded(http);
      const before = cpuSecondsOf(relay.pid!);
      await send();
      await forwarded(http);
      cpu = cpuSecondsOf(relay.pid!) - before;
    });
    return cpu;
  } finally {
    relay.send({ stop: true });
    await new Promise((resolve) => relay.once('exit', resolve));
    station.close();
  }
}
