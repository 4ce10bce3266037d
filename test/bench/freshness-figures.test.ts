import { expect, test } from 'vitest';
import { freshnessFigures } from '../../bench/end-to-end/figures/freshness.ts';
import { FreshnessCounts } from '../../bench/end-to-end/freshness-counts.ts';
import type { OneRun } from '../../bench/end-to-end/one-run.ts';
import { meetsTarget } from '../../bench/result.ts';

const none = new FreshnessCounts();
const nothing = { freshness: { sent: none, sampled: none, way: { to_relay: none, at_relay: none, at_core: none } } };

/** Whether p99 by queries meets its target, with a store that shows its own after so long; null: not in time. */
function verdict(floor: number | null, ms: number | null): boolean | null {
  const probed = (took: number | null) => Array.from({ length: 10 }, (_, at) => ({ at, ms: took }));
  const results = freshnessFigures({
    options: { store: 'victoriametrics', instants: 1 },
    before: nothing,
    after: nothing,
    probes: { floor: probed(floor), hosts: probed(ms), door: [] },
  } as unknown as OneRun);
  return meetsTarget(results.find(({ name }) => name === 'sent to queryable, by queries, p99')!);
}

test('samples may be half a second later than those that the store is given itself', () => {
  expect(verdict(1_000, 1_400)).toBe(true);
  expect(verdict(1_000, 1_600)).toBe(false);
});

test('samples that are not there in time are late, however late the store is', () => {
  expect(verdict(14_000, 14_400)).toBe(true);
  expect(verdict(14_900, null)).toBe(false);
  expect(verdict(null, null)).toBe(false);
});
