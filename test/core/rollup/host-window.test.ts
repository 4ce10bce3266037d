import { expect, it } from 'vitest';
import { hostWindow } from '../../../core/rollup/host-window.ts';
import { groupKey } from '../../../core/rollup/record.ts';
import { mergedSamples } from '../../../core/rollup/results.ts';
import { addToDistribution, mergeDistribution, startDistribution } from '../../../lib/distribution.ts';
import { startRest } from '../../../lib/window-part.ts';
import { FLEET_RULE, HOST_RULE, type SketchWindow } from '../../../proto/sketches.ts';

const plan = { quantiles: [0.5], bounds: [], plain: ['count_samples'] };

function windowOf(rule: string, labels: [string, string][], ...values: number[]): SketchWindow {
  const distribution = startDistribution(0);
  for (const value of values) addToDistribution(distribution, value, []);
  return {
    ...plan,
    rule,
    worker: 7,
    end: 1000,
    lateness: 0,
    groups: [{ series: { name: 'req', labels }, distribution }],
  };
}

const keyOf = (window: SketchWindow) => groupKey(window, window.groups[0]!, 'north');
const written = (window: SketchWindow) =>
  mergedSamples(
    { series: window.groups[0]!.series, end: window.end, interval: 0, plan, origin: null },
    { distribution: window.groups[0]!.distribution, rest: startRest() },
  ).map(({ series: { name, labels }, value }) => `${name}{${labels.map((pair) => pair.join('=')).join()}} ${value}`);

it('a window of a host stands under its instance, or that which it speaks for, and is merged with no other', () => {
  const own = hostWindow(windowOf(HOST_RULE, [['job', 'a']], 1, 2), 'web-1');
  expect(written(own)).toEqual([
    'req_count_samples{instance=web-1,job=a} 2',
    'req_quantiles{instance=web-1,job=a,quantile=0.5} 1.5',
  ]);
  expect(own.worker).toBeNull();
  const spoken = hostWindow(
    windowOf(
      HOST_RULE,
      [
        ['@instance', 'gear'],
        ['job', 'a'],
      ],
      1,
    ),
    'web-1',
  );
  expect(written(spoken)[0]).toBe('req_count_samples{instance=gear,job=a} 1');
  // Whatever a host calls its rule or its labels, it is in no window of a relay's roll-ups and in none of another host's.
  const forged = hostWindow(
    windowOf(
      'latency',
      [
        ['job', 'a'],
        ['rolled_instance', 'web-1'],
      ],
      1,
    ),
    'web-2',
  );
  expect(written(forged)[0]).toBe('req_count_samples{instance=web-2,job=a} 1');
  const relays = windowOf('latency', [['job', 'a']], 1);
  expect(new Set([own, spoken, forged, relays].map(keyOf)).size).toBe(4);
});

it('windows of a fleet are merged over hosts, without an instance', () => {
  const one = hostWindow(windowOf(FLEET_RULE, [['job', 'a']], 1, 2), 'web-1');
  const other = hostWindow(windowOf(FLEET_RULE, [['job', 'a']], 9), 'web-2');
  expect(keyOf(one)).toBe(keyOf(other));
  const all = startDistribution(0);
  for (const window of [one, other]) mergeDistribution(all, window.groups[0]!.distribution);
  const [count, median] = mergedSamples(
    { series: one.groups[0]!.series, end: 1000, interval: 0, plan, origin: null },
    { distribution: all, rest: startRest() },
  ).map(({ value }) => value);
  expect(count).toBe(3);
  expect(Math.abs(median! / 2 - 1)).toBeLessThanOrEqual(1 / 256);
  expect(one.groups[0]!.series.labels).toEqual([['job', 'a']]);
});

it('groups that become one add up, and what was sent stays as it is', () => {
  const window = windowOf(FLEET_RULE, [['@instance', 'gw-1']], 1, 2, 3);
  const [other] = windowOf(FLEET_RULE, [['@instance', 'gw-2']], 4, 5).groups;
  const { groups } = hostWindow({ ...window, groups: [...window.groups, other!] }, 'proxy');
  expect(groups.map(({ series, distribution }) => [series.labels, distribution.sketch.count])).toEqual([[[], 5]]);
  expect(window.groups[0]!.distribution.sketch.count).toBe(3);
});

it('what only relays send is refused: outputs of roll-ups, and their names', () => {
  const window = windowOf(FLEET_RULE, [], 1);
  const [group] = window.groups;
  const named = { ...window, groups: [{ ...group!, series: { name: 'req:1m', labels: [] } }] };
  expect(() => hostWindow(named, 'web-1')).toThrow(/HG_CORE_FRAME/);
  expect(() => hostWindow({ ...window, interval: 60_000 }, 'web-1')).toThrow(/HG_CORE_FRAME/);
  expect(hostWindow({ ...window, lateness: 1e12, own: true, inputs: null }, 'web-1')).toEqual({
    ...{ ...plan, rule: '@fleet', worker: null, end: 1000, lateness: 0, groups: window.groups },
  });
});
