import { expect, test } from 'vitest';
import { balanceOf } from '../../bench/soak/balance.ts';
import { emptyLedger, type Ledger } from '../../lib/ledger.ts';
import { emptyFindings } from '../../simulator/findings.ts';
import { report } from '../../simulator/report.ts';
import { emptyStats } from '../../simulator/stats.ts';

/** A run that sent so many, all of them acknowledged, and of which the store has so many. */
function runOf(sent: number, found: number) {
  const stats = { ...emptyStats(), samplesSent: sent, samplesAcknowledged: sent, everConnected: 1 };
  const counts = { ...emptyFindings(), checked: sent, missing: sent - found };
  const verified = { samples: emptyFindings(), counts, lines: emptyFindings() };
  const drained = { acknowledgedAfterSeconds: 0, storedAfterSeconds: 0 };
  return report({
    hosts: 1,
    relays: [],
    intervalMs: 1000,
    seconds: 1,
    steady: null,
    atEnd: stats,
    stats,
    phases: [],
    drained,
    verified,
    unverified: null,
  });
}

function ledgerOf(tier: Ledger['tier'], taken: number, repeated = 0, queued = 0, dropped = 0): Ledger {
  const ledger = emptyLedger(tier, 'one', 0);
  const metric = ledger.entries.find((entry) => entry.class === 'metric')!;
  metric.in.items = taken;
  metric.repeated.items = repeated;
  metric.queued.items = queued;
  if (dropped > 0) metric.dropped.cap = { frames: 1, items: dropped };
  metric.out.items = taken - repeated - queued - dropped;
  return ledger;
}

test('repeats and samples from doors are in it, and it comes out even', () => {
  const found = balanceOf(runOf(100, 100), ledgerOf('relay', 110, 10), ledgerOf('core', 103), 3);
  expect(found.wrong).toEqual([]);
  expect(found.stored).toBe(100);
});

test('what was dropped with a reason is accounted for', () => {
  expect(balanceOf(runOf(100, 96), ledgerOf('relay', 100, 0, 0, 4), ledgerOf('core', 96), 0).wrong).toEqual([]);
});

test('a sample that is missing anywhere is told with the hop', () => {
  const wrong = (...parts: Parameters<typeof balanceOf>) => balanceOf(...parts).wrong;
  expect(wrong(runOf(100, 100), ledgerOf('relay', 99), ledgerOf('core', 99), 0)).toEqual([
    'acknowledged, and taken by the relay once: 100 and 99, 1 apart',
  ]);
  expect(wrong(runOf(100, 100), ledgerOf('relay', 100), ledgerOf('core', 98), 0)).toEqual([
    'forwarded by the relay and pushed at doors, and taken by the core: 100 and 98, 2 apart',
  ]);
  expect(wrong(runOf(100, 97), ledgerOf('relay', 100), ledgerOf('core', 100), 0)).toEqual([
    'acknowledged, and found in the store by queries or dropped with a reason: 100 and 97, 3 apart',
    '3 faults in the store',
  ]);
  expect(wrong(runOf(100, 100), ledgerOf('relay', 100, 0, 5), ledgerOf('core', 95), 0)).toEqual([
    'still in the relay: 5 and 0, 5 apart',
  ]);
});
