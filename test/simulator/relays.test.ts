import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DRAIN_FILE } from '../../relay/drain.ts';
import { calmPhase } from '../../simulator/phase.ts';
import type { RunReport } from '../../simulator/report.ts';
import { runSimulation } from '../../simulator/run.ts';
import { emptyStats, type RunStats } from '../../simulator/stats.ts';
import { secondRelay } from '../relay/second-relay.ts';
import { Place } from '../relay/setup.ts';
import { freePort } from '../support/free-port.ts';
import { until } from '../support/until.ts';

const HOSTS = 40;

let home: Place;
let other: Place;
/** As of a second ago at most. */
let seen: RunStats;

beforeEach(async () => {
  home = await new Place().open();
  other = await secondRelay(home);
  seen = emptyStats();
});
afterEach(async () => {
  await other.relay.close();
  await home.close();
});

/** Until `ended`; the hosts have a relay of a lower tier that is not there. */
async function run(ended: () => Promise<void>): Promise<RunReport> {
  const stop = new AbortController();
  const nothing = () => undefined;
  const report = runSimulation({
    hosts: HOSTS,
    relay: [
      { host: '127.0.0.1', port: home.relay.addresses.mqtt, weight: 1, tier: 2 },
      { host: '127.0.0.1', port: other.relay.addresses.mqtt, weight: 2, tier: 2 },
      { host: '127.0.0.1', port: await freePort(), weight: 1, tier: 1 },
    ],
    ...{ intervalMs: 200, durationMs: 0, logsPerSecond: 0, mix: { device: 1 }, series: 5, seed: 1, verify: null },
    ...{ phases: [calmPhase(0, 0)], authority: home.authority.directory, signal: stop.signal, drainMs: 60_000 },
    ...{ onReady: nothing, say: nothing },
    onProgress: (stats) => {
      seen = stats;
    },
  });
  await ended();
  stop.abort();
  return report;
}
const at = (place: Place) => place.metric('heliograph_relay_connections');

test('hosts go past a tier that is not there, and are spread over the next by weight; of a drained relay they go to the other, and nothing is lost', async () => {
  const file = join(home.directory, 'relay', DRAIN_FILE);
  let spread: [number, number] = [0, 0];
  const report = await run(async () => {
    await until('all are there', async () => (await at(home)) + (await at(other)) === HOSTS);
    spread = [await at(home), await at(other)];
    writeFileSync(file, JSON.stringify({ overMs: 200 }));
    await until('all are at the other', async () => (await at(home)) === 0 && (await at(other)) === HOSTS);
    await until('and know it', () => seen.at.get(`127.0.0.1:${other.relay.addresses.mqtt}`) === HOSTS);
  });
  rmSync(file);
  // By the names of the hosts and the ports of the relays, which are others each time: both have some.
  expect(spread[0]).toBeGreaterThan(0);
  expect(spread[1]).toBeGreaterThan(spread[0] / 4);
  expect(report.relays.map(({ hosts, tier, weight }) => [hosts, tier, weight])).toEqual([
    [0, 2, 1],
    [HOSTS, 2, 2],
    [0, 1, 1],
  ]);
  expect(report).toMatchObject({ connected: HOSTS, framesLost: 0 });
  expect(report.samples.acknowledged).toBe(report.samples.sent);
  expect(report.framesRepeated).toBeLessThan(report.frames);
});
