import { expect, test } from 'vitest';
import { emptyFindings } from '../../simulator/findings.ts';
import { type PhaseReport, report, reportText } from '../../simulator/report.ts';
import { emptyStats, type RunStats } from '../../simulator/stats.ts';
import type { Verified } from '../../simulator/verify.ts';

const phase: PhaseReport = { name: 'run', seconds: 60, samples: 0, lines: 0, reconnects: 0, mostQueued: 0 };
const sent = { everConnected: 2, samplesSent: 500, samplesAcknowledged: 500, linesSent: 9, linesAcknowledged: 9 };

function reported(stats: Partial<RunStats>, seconds = 60, verified: Verified | null = null) {
  const all = { ...emptyStats(), ...stats };
  const phases = [{ ...phase, seconds }];
  const run = report({ hosts: 2, intervalMs: 10_000, seconds, steady: null, atEnd: all, stats: all, phases, verified });
  return { good: run.good, last: reportText(run).split('\n').at(-1) };
}

function verifiedOf(checked: number, missing = 0): Verified {
  return { samples: { ...emptyFindings(), checked, missing }, counts: emptyFindings(), lines: emptyFindings() };
}

test('a run is good when all hosts connected, and all that was sent was acknowledged', () => {
  const good = { good: true, last: 'good: everything sent was acknowledged' };
  expect(reported(sent)).toEqual(good);
  expect(reported(sent, 60, verifiedOf(500))).toEqual(good);
});

test('a run in which nothing was done is not good', () => {
  expect(reported({})).toEqual({
    good: false,
    last: 'NOT good: 2 of 2 hosts never connected; nothing was sent',
  });
  expect(reported({ ...sent, everConnected: 1 }).last).toBe('NOT good: 1 of 2 hosts never connected');
  expect(reported({ everConnected: 2 }).last).toBe('NOT good: nothing was sent');
  // Too short for a sample.
  expect(reported({ everConnected: 2 }, 5).good).toBe(true);
});

test('a comparison in which nothing was compared says nothing good', () => {
  expect(reported(sent, 60, verifiedOf(0))).toEqual({
    good: false,
    last: 'NOT good: nothing was acknowledged that could be verified',
  });
  expect(reported(sent, 60, verifiedOf(500, 3)).last).toBe('NOT good: 3 faults in the store');
});

test('what was given up was not acknowledged, declared or not', () => {
  expect(reported({ ...sent, samplesAcknowledged: 400, samplesDropped: 100 })).toEqual({
    good: false,
    last: 'NOT good: 100 samples given up and declared',
  });
  expect(reported({ ...sent, samplesAcknowledged: 390, samplesDropped: 100, linesAcknowledged: 8 }).last).toBe(
    'NOT good: 100 samples given up and declared; 10 samples not acknowledged; 1 lines not acknowledged',
  );
});
