import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom } from '../../simulator/random.ts';
import { type AllEngines, startEngines } from '../support/all-engines.ts';
import { expectAllThere } from '../support/all-there.ts';
import { Engine } from '../support/engine.ts';
import { createFleet, type Fleet } from '../support/fleet.ts';
import { expectEveryLineOnce } from '../support/lines-once.ts';
import { expectNoLosses } from '../support/no-losses.ts';
import { NumberedLog } from '../support/numbered-log.ts';
import { simulateQuietly } from '../support/quiet-simulation.ts';

/** Rounds of killing; the long run has thirty. */
const LONG = process.env.HELIOGRAPH_LONG === '1';
const ROUNDS = Number(process.env.HELIOGRAPH_ROUNDS ?? (LONG ? 30 : 4));
const seed = Number(process.env.HELIOGRAPH_SEED ?? Math.floor(Math.random() * 1e9));
const random = seededRandom(seed);

interface Victim {
  kill(): Promise<void>;
  start(): Promise<void>;
}

let fleet: Fleet;
let logs: NumberedLog[];
let engines: AllEngines;
let objects: Engine;

beforeAll(async () => {
  console.log(`kill test on the engines: seed ${seed}, ${ROUNDS} rounds (HELIOGRAPH_SEED=${seed} repeats it)`);
  [engines, objects] = await Promise.all([startEngines(), Engine.start('s3')]);
  process.env.AWS_ACCESS_KEY_ID = objects.values.S3_ACCESS_KEY_ID;
  process.env.AWS_SECRET_ACCESS_KEY = objects.values.S3_SECRET_ACCESS_KEY;
  fleet = await createFleet({
    collectors: 2,
    interval: '1s',
    core: {
      ...engines.config,
      objects: 's3',
      s3: { endpoint: objects.values.S3_ENDPOINT, create: true },
    },
  });
  await fleet.core.start();
  await fleet.relay.start();
  await Promise.all(fleet.collectors.map((collector) => collector.start()));
  logs = fleet.collectors.map((_, number) => new NumberedLog(fleet.logFolder(number), `host-${number}`, random));
});
afterAll(async () => {
  for (const log of logs ?? []) log.stop();
  await fleet?.close();
  await engines?.stop();
  await objects?.stop();
});

test('kill -9 of engines, core, relay and collectors, alone and together: everything acknowledged is in the engines exactly once', {
  timeout: LONG ? 3_600_000 : 600_000,
}, async () => {
  const stop = new AbortController();
  const simulation = simulateQuietly({
    hosts: 20,
    relay: fleet.relayAddress,
    intervalMs: 2000,
    logsPerSecond: 50,
    authority: fleet.authority.directory,
    verify: fleet.coreUrl,
    verifyMs: 120_000,
    seed,
    signal: stop.signal,
    drainMs: 60_000,
  });
  for (const log of logs) log.start(100);
  for (let round = 0; round < ROUNDS; round++) {
    await wait(2_000 + random() * 8_000);
    const victims = pickVictims(round);
    await Promise.all(victims.map((victim) => victim.kill()));
    await wait(random() * 3_000);
    await Promise.all(victims.map((victim) => victim.start()));
  }
  await wait(2_000);
  for (const log of logs) log.stop();
  stop.abort();

  const run = await simulation;
  const fault = `seed ${seed}`;
  expectAllThere(run, fault);
  expect(run.verified?.samples.checked, fault).toBeGreaterThan(10_000);
  for (const [number, log] of logs.entries()) {
    await expectEveryLineOnce(fleet.coreUrl, `host-${number}`, log.lines, fault);
  }
  await expectNoLosses(fleet.coreUrl, [fleet.relayUrl], fault);
});

/** Each engine in its turn, so that a short run has them all; otherwise by chance. */
function pickVictims(round: number): Victim[] {
  const engine = (one: Engine): Victim => ({ kill: () => one.kill(), start: () => one.restart() });
  const metrics = engine(engines.metrics);
  const logStore = engine(engines.logs);
  const bus = engine(engines.bus);
  const dice = random();
  if (round === 0 || dice < 0.2) return [metrics];
  if (round === 1 || dice < 0.3) return [fleet.core, metrics, ...fleet.collectors];
  if (round === 2 || dice < 0.4) return [logStore];
  if (round === 3 || dice < 0.5) return [bus];
  if (dice < 0.55) return [engine(objects)];
  if (dice < 0.6) return [fleet.core];
  if (dice < 0.8) return [fleet.relay];
  return [metrics, bus, logStore, fleet.relay, fleet.core, ...fleet.collectors];
}
