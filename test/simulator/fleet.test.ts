import { afterAll, beforeAll, expect, test } from 'vitest';
import { USUAL_MIX } from '../../simulator/kinds.ts';
import { calmPhase, type Phase } from '../../simulator/phase.ts';
import type { RunReport } from '../../simulator/report.ts';
import { type RunOptions, runSimulation } from '../../simulator/run.ts';
import { createFleet, type Fleet } from '../support/fleet.ts';
import { freePort } from '../support/free-port.ts';

const FAULTLESS = { missing: 0, altered: 0, doubled: 0, foreign: 0 };
let fleet: Fleet;

beforeAll(async () => {
  fleet = await createFleet({ collectors: 0 });
  await fleet.core.start();
  await fleet.relay.start();
});
afterAll(() => fleet?.close());

function run(options: Partial<RunOptions> & { readonly phases: readonly Phase[] }): Promise<RunReport> {
  const nothing = () => undefined;
  return runSimulation({
    hosts: 100,
    relay: fleet.relayAddress,
    intervalMs: 1000,
    durationMs: 0,
    logsPerSecond: 0,
    mix: USUAL_MIX,
    series: 100,
    authority: fleet.authority.directory,
    verify: fleet.coreUrl,
    seed: Date.now() % 1_000_000,
    signal: new AbortController().signal,
    onProgress: nothing,
    onReady: nothing,
    say: nothing,
    ...options,
  });
}

function expectGood(report: RunReport): void {
  expect(report.verified).toMatchObject({ samples: FAULTLESS, counts: FAULTLESS, lines: FAULTLESS });
  expect(report.good, JSON.stringify(report, null, 2)).toBe(true);
}

test('hosts of several kinds in two processes: every value and line is in the store as it was sent, cards masked', async () => {
  const report = await run({ hosts: 200, workers: 2, phases: [calmPhase(12_000, 200)] });
  expectGood(report);
  expect(report.samples.sent).toBeGreaterThan(200 * 100 * 5);
  expect(report.verified!.samples.checked).toBe(report.samples.sent);
  expect(report.verified!.lines.checked).toBe(report.lines.sent);
  expect(report.cardsMasked).toBeGreaterThan(0);
  expect(report.reconnects).toBe(0);
});

test('several instants a frame, odd numbers of series; where values are compared for some, samples are counted for all', async () => {
  const report = await run({
    hosts: 60,
    series: 333,
    instants: 4,
    intervalMs: 500,
    verifyHosts: 20,
    skewedClocks: 0.2,
    phases: [calmPhase(9000, 0)],
  });
  expectGood(report);
  // The samples of the others, whose clocks are wrong, are compared and not counted.
  expect(report.verified!.counts.checked).toBeGreaterThan(report.samples.sent / 2);
  expect(report.verified!.counts.checked).toBeLessThan(report.samples.sent);
  expect(report.verified!.samples.checked).toBeLessThan(report.samples.sent * 0.8);
  expect(report.verified!.samples.checked + report.verified!.counts.checked).toBeGreaterThan(report.samples.sent);
  // Four instants in most of them.
  expect(report.samples.sent / 333 / report.frames).toBeGreaterThan(2);
});

test('restarts, garbage, slow readers, a storm and an outage: all is there once all the same, and the garbage is refused', async () => {
  const calm = calmPhase(6000, 100);
  const report = await run({
    phases: [
      { ...calm, name: 'churn', churn: 1, bad: 0.1, slow: 0.1 },
      { ...calm, name: 'storm', durationMs: 15_000, bad: 0.1, storm: true },
      { ...calm, name: 'outage', durationMs: 12_000, outage: { ms: 4000, share: 0.5 } },
    ],
  });
  expectGood(report);
  const [churn, storm, outage] = report.phases;
  expect(report.restarts).toBeGreaterThan(3);
  expect(report.garbage.sent).toBeGreaterThan(10);
  expect(report.garbage.refused).toBeGreaterThan(report.garbage.sent / 2);
  expect(report.refused).toBe(0);
  expect(churn!.reconnects).toBeGreaterThan(0);
  expect(storm!.reconnects).toBeGreaterThan(80);
  expect(storm!.backAfterSeconds).toBeGreaterThan(0);
  expect(report.resumed).toBeGreaterThan(50);
  // Half of a hundred hosts kept a frame a second for four seconds, and sent all of them.
  expect(outage!.mostQueued).toBeGreaterThan(100);
  expect(report.samples).toMatchObject({ dropped: 0, acknowledged: report.samples.sent });
});

test('a run that is ended by hand reports what it had', async () => {
  const stop = new AbortController();
  const running = run({
    hosts: 20,
    verify: null,
    phases: [calmPhase(0, 20)],
    signal: stop.signal,
    onProgress: (stats) => {
      if (stats.samplesAcknowledged > 2000) stop.abort();
    },
  });
  const report = await running;
  expect(report.samples.acknowledged).toBeGreaterThan(2000);
  expect(report.verified).toBeNull();
});

test('without a relay and a store a run ends soon after its time, and says why', async () => {
  const nobody = await freePort();
  let looksAtTheEnd = 0;
  const report = await run({
    hosts: 2,
    relay: { host: '127.0.0.1', port: nobody },
    verify: new URL(`http://127.0.0.1:${nobody}`),
    phases: [calmPhase(3000, 0)],
    onProgress: (_stats, _elapsed, phase) => {
      if (phase === 'drain') looksAtTheEnd++;
    },
  });
  // One a second: a relay that was there once is waited for a minute.
  expect(looksAtTheEnd).toBeLessThan(30);
  expect(report).toMatchObject({ connected: 0, verified: null, drained: { acknowledgedAfterSeconds: null } });
  expect(Object.keys(report.errors)).toEqual([expect.stringContaining('ECONNREFUSED')]);
  expect(report.wrong).toEqual([
    '2 of 2 hosts never connected',
    `${report.samples.sent} samples not acknowledged`,
    `what was stored could not be compared: http://127.0.0.1:${nobody}: nothing listens there`,
  ]);
});
