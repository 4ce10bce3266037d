import { expect, test } from 'vitest';
import { merged } from '../../bench/relay/crowd.ts';
import type { Report } from '../../bench/relay/returning-hosts.ts';
import { meetsTarget } from '../../bench/result.ts';

const report = (latencies: readonly number[], waits: readonly number[] = []): Report => ({
  up: 1,
  resumed: 1,
  queued: 0,
  frames: 1,
  latencies,
  waits,
  settledAt: [],
  unrecorded: 0,
  failed: {},
  cpu: 1,
});

test('latencies of all processes are one, and where nothing was acknowledged no target is met', () => {
  expect(merged([report([1, 2]), report([900])])).toMatchObject({ up: 2, p99: 900, acknowledged: 3, cpu: [1, 1] });
  const { p99 } = merged([report([]), report([])]);
  expect(meetsTarget({ name: 'acknowledgement, p99', value: p99, unit: 'ms', target: 2_000 })).toBe(false);
});

test('what is not acknowledged yet counts as long as it has waited', () => {
  const quick = Array.from({ length: 97 }, () => 1);
  expect(merged([report(quick, [40_000, 50_000, 60_000])])).toMatchObject({ p99: 60_000, acknowledged: 97 });
});
