import { expect, test } from 'vitest';
import type { HostDefinitions } from '../../simulator/host-definitions.ts';
import type { HostQueue } from '../../simulator/host-queue.ts';
import { HostSampling } from '../../simulator/host-sampling.ts';
import type { HostSending } from '../../simulator/host-sending.ts';
import type { HostState } from '../../simulator/host-state.ts';
import type { HostStatus } from '../../simulator/host-status.ts';
import type { HostWire } from '../../simulator/host-wire.ts';
import { Wheel } from '../../simulator/wheel.ts';

test('a status that goes with a frame stands before it: a host with nothing to catch up on has nothing that waits', () => {
  const wheel = new Wheel(0);
  const said: string[] = [];
  const note = (what: string) => () => void said.push(what);
  const state = {
    number: 0,
    alive: true,
    life: { number: 0 },
    kind: { values: { count: 3, phaseOf: () => 0 } },
    shared: {
      wheel,
      instants: 1,
      schedule: { seed: 1, startedAt: 0, intervalMs: 1000, skewed: 0 },
      stats: { samplesSent: 0 },
    },
  } as unknown as HostState;
  const sampling = new HostSampling(
    state,
    { flush: note('flush') } as unknown as HostWire,
    { add: note('frame') } as unknown as HostQueue,
    { needBases: () => undefined } as unknown as HostDefinitions,
    { fill: note('send') } as unknown as HostSending,
    { goWithFrame: note('status') } as unknown as HostStatus,
  );
  sampling.start(0);
  for (let now = 0; now < 1000; now += 5) wheel.turn(now);
  expect(said).toEqual(['status', 'frame', 'send', 'flush']);
});
