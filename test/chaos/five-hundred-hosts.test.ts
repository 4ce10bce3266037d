import { afterAll, beforeAll, expect, test } from 'vitest';
import { audit } from '../../cli/commands/ledger.ts';
import { imbalance, type Ledger } from '../../lib/ledger.ts';
import { USUAL_MIX } from '../../simulator/kinds.ts';
import { calmPhase } from '../../simulator/phase.ts';
import { runSimulation } from '../../simulator/run.ts';
import { createFleet, type Fleet } from '../support/fleet.ts';
import { until } from '../support/until.ts';

const HOSTS = 500;
const SERIES = 100;
const INTERVAL_MS = 5_000;
const MINUTE_MS = 60_000;
const FAULTLESS = { missing: 0, altered: 0, doubled: 0, foreign: 0 };
const seed = Number(process.env.HELIOGRAPH_SEED ?? Math.floor(Math.random() * 1e9));

let fleet: Fleet;
beforeAll(async () => {
  console.log(`five hundred hosts: seed ${seed} (HELIOGRAPH_SEED=${seed} repeats it)`);
  fleet = await createFleet({ collectors: 0 });
  await fleet.core.start();
  await fleet.relay.start();
});
afterAll(() => fleet?.close());

test('five hundred hosts for a minute, some restarting, slow, skewed or sending garbage: every sample and line is there once', {
  timeout: 300_000,
}, async () => {
  const nothing = () => undefined;
  const report = await runSimulation({
    hosts: HOSTS,
    series: SERIES,
    mix: USUAL_MIX,
    relay: fleet.relayAddress,
    intervalMs: INTERVAL_MS,
    durationMs: MINUTE_MS,
    logsPerSecond: 500,
    // A part restarts each minute; others read slowly, or send garbage among the good.
    phases: [{ ...calmPhase(MINUTE_MS, 500), churn: 0.2, slow: 0.05, bad: 0.05 }],
    skewedClocks: 0.02,
    workers: 2,
    authority: fleet.authority.directory,
    verify: fleet.coreUrl,
    verifyHosts: HOSTS,
    seed,
    signal: new AbortController().signal,
    onProgress: nothing,
    onReady: nothing,
    say: nothing,
  });
  const fault = `seed ${seed}: ${JSON.stringify(report, null, 2)}`;
  expect(report.verified, fault).toMatchObject({ samples: FAULTLESS, counts: FAULTLESS, lines: FAULTLESS });
  // A bad host that is asked twice for a page that is none is refused twice, and the simulator knows of one: that no good frame was among the
  // refused is shown by the store, which has all that was sent.
  expect(
    report.wrong.filter((one) => !/^\d+ frames refused$/.test(one)),
    fault,
  ).toEqual([]);
  // It did what it says: nearly all hosts for nearly all of the minute, and every trouble.
  expect(report.verified!.samples.checked, fault).toBe(report.samples.sent);
  expect(report.samples.sent, fault).toBeGreaterThan(0.7 * HOSTS * SERIES * (MINUTE_MS / INTERVAL_MS));
  expect(report.verified!.lines.checked, fault).toBe(report.lines.sent);
  expect(report.restarts, fault).toBeGreaterThan(HOSTS * 0.05);
  expect(report.garbage.sent, fault).toBeGreaterThan(10);
  expect(report.garbage.refused, fault).toBeGreaterThan(0);
  expect(report.samples.dropped, fault).toBe(0);

  // And by the accounts: all that the hosts hold for acknowledged the relay has taken once, and passed on.
  const ledger = await until(
    'the relay to have passed everything on',
    async () => {
      const found = (await (await fetch(new URL('/ledger.json', fleet.relayUrl))).json()) as Ledger;
      return found.entries.every(({ queued }) => queued.frames === 0) ? { found } : null;
    },
    { withinMs: 60_000 },
  );
  for (const entry of ledger.found.entries) expect(imbalance(entry), entry.class).toEqual({ frames: 0, items: 0 });
  const metric = ledger.found.entries.find((entry) => entry.class === 'metric')!;
  expect(metric.in.items - metric.repeated.items, fault).toBe(report.samples.acknowledged);
  expect(metric.dropped, fault).toEqual({});
  const lost = (await audit(fleet.coreUrl.href, [fleet.relayUrl.href])).filter(({ kind }) => kind === 'lost');
  expect(lost, fault).toEqual([]);
});
