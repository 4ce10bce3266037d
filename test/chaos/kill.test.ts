import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom } from '../../simulator/random.ts';
import { expectAllThere } from '../support/all-there.ts';
import { createFleet, type Fleet } from '../support/fleet.ts';
import { expectEveryLineOnce } from '../support/lines-once.ts';
import { expectNoLosses } from '../support/no-losses.ts';
import { NumberedLog } from '../support/numbered-log.ts';
import { simulateQuietly } from '../support/quiet-simulation.ts';
import { expectRolledUp, LOAD_RULE } from '../support/rolled-up.ts';

/** Rounds of killing; the long run has fifty. */
const LONG = process.env.HELIOGRAPH_LONG === '1';
const ROUNDS = Number(process.env.HELIOGRAPH_ROUNDS ?? (LONG ? 50 : 4));
const OUTAGE_MS = LONG ? 60_000 : 10_000;
const COLLECTORS = 5;
const HOSTS = 50;
const RULES = `groups:
  - {name: g, interval: 1s, rules: [{alert: Loaded, expr: node_load1 > 1000, for: 10s}]}
`;
const seed = Number(process.env.HELIOGRAPH_SEED ?? Math.floor(Math.random() * 1e9));
const random = seededRandom(seed);

/** What a relay can do beside passing on. */
function everything(directory: string): object {
  const [rollups, rules] = [join(directory, 'rollups.yaml'), join(directory, 'rules.yaml')];
  writeFileSync(rollups, LOAD_RULE);
  writeFileSync(rules, RULES);
  return {
    rollups: { rules: rollups, snapshotEvery: '1s' },
    cardinality: {},
    rules: { file: rules, restartGrace: '5s' },
  };
}

let fleet: Fleet;
let logs: NumberedLog[];

beforeAll(async () => {
  console.log(`kill test: seed ${seed}, ${ROUNDS} rounds (HELIOGRAPH_SEED=${seed} repeats it)`);
  fleet = await createFleet({ collectors: COLLECTORS, interval: '1s', relay: everything });
  await fleet.core.start();
  await fleet.relay.start();
  await Promise.all(fleet.collectors.map((collector) => collector.start()));
  logs = fleet.collectors.map((_, number) => new NumberedLog(fleet.logFolder(number), `host-${number}`, random));
});
afterAll(async () => {
  for (const log of logs ?? []) log.stop();
  await fleet?.close();
});

test('kill -9 of collector, relay and core, alone and all at once, and a relay that is gone for a while, lose and double nothing, with roll-ups, limits and alerts in the relay', {
  timeout: LONG ? 3_600_000 : 600_000,
}, async () => {
  const stop = new AbortController();
  const simulation = simulateQuietly(simulate(stop.signal));
  for (const log of logs) log.start(100);

  for (let round = 0; round < ROUNDS; round++) {
    await wait(500 + random() * 2500);
    await kill(pickVictims());
  }
  await fleet.relay.kill();
  await wait(OUTAGE_MS);
  await fleet.relay.start();
  await wait(2000);
  for (const log of logs) log.stop();
  stop.abort();
  const ended = Date.now();

  const run = await simulation;
  const fault = `seed ${seed}`;
  expectAllThere(run, fault);
  expect(run.verified?.samples.checked, fault).toBeGreaterThan(10_000);
  expect(run.verified?.lines.checked, fault).toBeGreaterThan(50);

  for (const [number, log] of logs.entries())
    await expectEveryLineOnce(fleet.coreUrl, `host-${number}`, log.lines, fault);
  await expectNoLosses(fleet.coreUrl, [fleet.relayUrl], fault);
  await expectRolledUp(fleet.coreUrl, ended - 10_000, 2, fault);
});

function simulate(signal: AbortSignal): Parameters<typeof simulateQuietly>[0] {
  return {
    hosts: HOSTS,
    relay: fleet.relayAddress,
    intervalMs: 2000,
    logsPerSecond: 50,
    authority: fleet.authority.directory,
    verify: fleet.coreUrl,
    seed,
    signal,
    drainMs: 60_000,
  };
}

/** One tier, or all at once. */
function pickVictims() {
  const dice = random();
  if (dice < 0.2) return [fleet.core, fleet.relay, ...fleet.collectors];
  if (dice < 0.45) return [fleet.core];
  if (dice < 0.75) return [fleet.relay];
  return fleet.collectors.filter(() => random() < 0.5);
}

async function kill(victims: readonly { kill(): Promise<void>; start(): Promise<void> }[]): Promise<void> {
  await Promise.all(victims.map((victim) => victim.kill()));
  await wait(random() * 1500);
  await Promise.all(victims.map((victim) => victim.start()));
}
