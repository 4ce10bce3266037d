import { expect, test } from 'vitest';
import { emptyFindings } from '../../simulator/findings.ts';
import { type PhaseReport, report, reportText } from '../../simulator/report.ts';
import { emptyStats, type RunStats } from '../../simulator/stats.ts';
import type { Verified } from '../../simulator/verify.ts';

const phase: PhaseReport = { name: 'run', seconds: 60, samples: 0, lines: 0, reconnects: 0, mostQueued: 0 };
const sent = { everConnected: 2, samplesSent: 500, samplesAcknowledged: 500, linesSent: 9, linesAcknowledged: 9 };

function reported(
  stats: Partial<RunStats>,
  seconds = 60,
  verified: Verified | null = null,
  unverified: string | null = null,
) {
  const all = { ...emptyStats(), ...stats };
  const phases = [{ ...phase, seconds }];
  const drained = { acknowledgedAfterSeconds: 1, storedAfterSeconds: verified ? 2 : null };
  const ends = { steady: null, atEnd: all, stats: all, drained };
  const run = report({ relays: [], hosts: 2, intervalMs: 10_000, seconds, phases, verified, unverified, ...ends });
  const text = reportText(run).split('\n');
  return { good: run.good, last: text.at(-1), drained: text.find((line) => line.startsWith('drained')) };
}

function verifiedOf(checked: number, missing = 0): Verified {
  return { samples: { ...emptyFindings(), checked, missing }, counts: emptyFindings(), lines: emptyFindings() };
}

test('a run is good when all hosts connected, and all that was sent was acknowledged', () => {
  const good = { good: true, last: 'good: everything sent was acknowledged' };
  expect(reported(sent)).toMatchObject(good);
  expect(reported(sent, 60, verifiedOf(500))).toMatchObject(good);
});

test('a run in which nothing was done is not good', () => {
  expect(reported({})).toMatchObject({
    good: false,
    last: 'NOT good: 2 of 2 hosts never connected; nothing was sent',
  });
  expect(reported({ ...sent, everConnected: 1 }).last).toBe('NOT good: 1 of 2 hosts never connected');
  expect(reported({ everConnected: 2 }).last).toBe('NOT good: nothing was sent');
  // Too short for a sample.
  expect(reported({ everConnected: 2 }, 5).good).toBe(true);
});

test('a comparison in which nothing was compared says nothing good', () => {
  expect(reported(sent, 60, verifiedOf(0))).toMatchObject({
    good: false,
    last: 'NOT good: nothing was acknowledged that could be verified',
  });
  expect(reported(sent, 60, verifiedOf(500, 3)).last).toBe('NOT good: 3 faults in the store');
});

test('a run whose store cannot be asked is not good, and reports all the rest', () => {
  expect(reported(sent, 60, null, 'http://127.0.0.1:9470: nothing listens there')).toMatchObject({
    good: false,
    last: 'NOT good: what was stored could not be compared: http://127.0.0.1:9470: nothing listens there',
    drained: 'drained   acknowledged after 1.0 s',
  });
});

test('what was given up was not acknowledged, declared or not', () => {
  expect(reported({ ...sent, samplesAcknowledged: 400, samplesDropped: 100 })).toMatchObject({
    good: false,
    last: 'NOT good: 100 samples given up and declared',
  });
  expect(reported({ ...sent, samplesAcknowledged: 390, samplesDropped: 100, linesAcknowledged: 8 }).last).toBe(
    'NOT good: 100 samples given up and declared; 10 samples not acknowledged; 1 lines not acknowledged',
  );
});

test('the report says how long draining took', () => {
  expect(reported(sent).drained).toBe('drained   acknowledged after 1.0 s');
  expect(reported(sent, 60, verifiedOf(500)).drained).toBe(
    'drained   acknowledged after 1.0 s, in the store 2.0 s later',
  );
});

test('of several relays it says how many hosts each has, and how many frames were sent again or are lost', () => {
  const at = new Map([
    ['r1:8883', 7],
    ['r2:8883', 13],
  ]);
  const all = { ...emptyStats(), framesSent: 100, framesRepeated: 4, queuedFrames: 1, at };
  const relays = [
    { host: 'r1', port: 8883, weight: 1, tier: 1 },
    { host: 'r2', port: 8883, weight: 2, tier: 1 },
    { host: 'far', port: 8883, weight: 1, tier: 2 },
  ];
  const drained = { acknowledgedAfterSeconds: 1, storedAfterSeconds: null };
  const ends = { steady: null, atEnd: all, stats: all, drained, phases: [phase], verified: null, unverified: null };
  const text = reportText(report({ relays, hosts: 20, intervalMs: 10_000, seconds: 60, ...ends }));
  expect(text).toContain('frames    100 sent, 4 of them again, 1 lost;');
  expect(text).toContain(
    [
      'relay     r1:8883, tier 1, weight 1: 7 hosts',
      'relay     r2:8883, tier 1, weight 2: 13 hosts',
      'relay     far:8883, tier 2, weight 1: 0 hosts',
    ].join('\n'),
  );
});
