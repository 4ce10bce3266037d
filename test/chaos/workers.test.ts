import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LedgerView } from '../../core/ledger/view.ts';
import { seededRandom } from '../../simulator/random.ts';
import { expectAllThere } from '../support/all-there.ts';
import { createFleet, type Fleet } from '../support/fleet.ts';
import { expectEveryLineOnce } from '../support/lines-once.ts';
import { expectNoLosses } from '../support/no-losses.ts';
import { NumberedLog } from '../support/numbered-log.ts';
import { simulateQuietly } from '../support/quiet-simulation.ts';
import { until } from '../support/until.ts';

/** Rounds of killing workers; the long run has forty. */
const LONG = process.env.HELIOGRAPH_LONG === '1';
const ROUNDS = Number(process.env.HELIOGRAPH_ROUNDS ?? (LONG ? 40 : 4));
const WORKERS = 2;
const COLLECTORS = 2;
const HOSTS = 40;
const seed = Number(process.env.HELIOGRAPH_SEED ?? Math.floor(Math.random() * 1e9));
const random = seededRandom(seed);

let fleet: Fleet;
let logs: NumberedLog[];

beforeAll(async () => {
  console.log(`kill of workers: seed ${seed}, ${ROUNDS} rounds (HELIOGRAPH_SEED=${seed} repeats it)`);
  fleet = await createFleet({ collectors: COLLECTORS, interval: '1s', relay: { workers: WORKERS } });
  await fleet.core.start();
  await fleet.relay.start();
  await Promise.all(fleet.collectors.map((collector) => collector.start()));
  logs = fleet.collectors.map((_, number) => new NumberedLog(fleet.logFolder(number), `host-${number}`, random));
});
afterAll(async () => {
  for (const log of logs ?? []) log.stop();
  await fleet?.close();
});

interface Health {
  readonly workers: readonly { readonly up: boolean; readonly pid: number | null; readonly restarts: number }[];
}

const health = async () => (await (await fetch(new URL('/healthz', fleet.relayUrl))).json()) as Health;

test('kill -9 of workers under load, of the supervisor, and a worker that hangs: that loses and doubles nothing, and the ledger balances', {
  timeout: ROUNDS * 90_000,
}, async () => {
  const stop = new AbortController();
  const simulation = simulateQuietly({
    hosts: HOSTS,
    relay: fleet.relayAddress,
    intervalMs: 1000,
    logsPerSecond: 50,
    authority: fleet.authority.directory,
    verify: fleet.coreUrl,
    seed,
    signal: stop.signal,
    drainMs: 60_000,
  });
  for (const log of logs) log.start(100);
  for (let round = 0; round < ROUNDS; round++) {
    await wait(500 + random() * 2500);
    if (round % 4 === 3) {
      // The workers end with it.
      await fleet.relay.kill();
      await wait(random() * 1000);
      await fleet.relay.start();
    } else if (round % 4 === 1) await stopWorker();
    else await killWorkers();
  }
  await wait(2000);
  for (const log of logs) log.stop();
  stop.abort();

  const run = await simulation;
  const fault = `seed ${seed}`;
  expectAllThere(run, fault);
  expect(run.verified?.samples.checked, fault).toBeGreaterThan(5000);
  for (const [number, log] of logs.entries())
    await expectEveryLineOnce(fleet.coreUrl, `host-${number}`, log.lines, fault);
  await expectNoLosses(fleet.coreUrl, [fleet.relayUrl], fault);
  const view = await until(
    'a ledger with nothing under way',
    async () => {
      const now = (await (await fetch(new URL('/api/v1/ledger', fleet.coreUrl))).json()) as LedgerView;
      const relay = now.tiers.find(({ tier }) => tier === 'relay')!;
      return relay.entries.every(({ queued }) => queued.frames === 0) && now.balanced ? now : null;
    },
    { withinMs: 60_000, everyMs: 1000 },
  );
  expect(view.tiers.filter(({ tier }) => tier === 'relay').map(({ name }) => name)).toEqual(['relay-1']);
  const { relays } = (await (await fetch(new URL('/api/v1/fleet', fleet.coreUrl))).json()) as {
    relays: { relay: string; workers: number }[];
  };
  expect(relays.map(({ relay, workers }) => [relay, workers])).toEqual([['relay-1', WORKERS]]);
});

/** One that stands still until it is ended for it. */
async function stopWorker(): Promise<void> {
  const { workers } = await until('the relay to answer', health);
  const number = Math.floor(random() * workers.length);
  const { pid } = await until('the worker to stand', async () => {
    const worker = (await health()).workers[number]!;
    return worker.up ? worker : null;
  });
  process.kill(pid!, 'SIGSTOP');
  await until('another in its place', async () => {
    const worker = (await health()).workers[number]!;
    return worker.up && worker.pid !== pid;
  });
}

/** One worker, or all of them. */
async function killWorkers(): Promise<void> {
  const { workers } = await until('the relay to answer', health);
  const standing = workers.filter(({ up, pid }) => up && pid !== null);
  const first = Math.floor(random() * standing.length);
  const victims = random() < 0.3 ? standing : standing.slice(first, first + 1);
  for (const { pid } of victims) process.kill(pid!, 'SIGKILL');
}
