import { expect, test } from 'vitest';
import { parseConfig } from '../../lib/config/load.ts';
import { loadScenario, phasesOf, scenarioSchema } from '../../simulator/scenario.ts';

test('the example is a scenario, and its phases are what they say', () => {
  const scenario = loadScenario('simulator/scenarios/bad-day.yaml');
  const phases = phasesOf(scenario);
  expect(scenario).toMatchObject({ hosts: 1000, interval: 10_000, skewedClocks: 0.02 });
  expect(phases.reduce((sum, { durationMs }) => sum + durationMs, 0)).toBe(15 * 60_000);
  expect(phases[0]).toEqual({
    name: 'calm',
    durationMs: 120_000,
    logsPerSecond: 500,
    churn: 0,
    slow: 0,
    bad: 0,
    storm: false,
    outage: null,
  });
  expect(phases[1]).toMatchObject({ churn: 0.05, logsPerSecond: 2000 });
  expect(phases[2]!.outage).toEqual({ ms: 180_000, share: 0.2 });
  expect(phases.map(({ storm }) => storm)).toEqual([false, false, false, true, false]);
});

test.each([
  [
    'phases:\n  - duration: 1m\n    churm: 5%\n',
    /day\.yaml:3:5: key "phases\.0\.churm" is not known; did you mean "churn"/,
  ],
  ['phases:\n  - duration: 1m\n    churn: 5\n', /day\.yaml:3:12: "phases\.0\.churn" is 5; write a share such as 1%/],
  ['phases:\n  - duration: 1m\n    slow: 150%\n', /day\.yaml:3:11: .*write a share such as 1%/],
  ['phases:\n  - duration: soon\n', /day\.yaml:2:15: .*write a duration/],
  ['phases:\n  - name: calm\n', /"phases\.0\.duration" is missing/],
  ['hosts: 10\nphases: []\n', /day\.yaml:2:9: .*at least one phase/],
  ['kinds: { fridge: 3 }\nphases:\n  - duration: 1m\n', /fridge/],
  ['interval: 10ms\nphases:\n  - duration: 1m\n', /day\.yaml:1:11: .*100ms at least/],
])('what is wrong in %j is told with line and fix', (text, message) => {
  expect(() => parseConfig('day.yaml', text, scenarioSchema)).toThrow(message);
});

test('a scenario that is not there is told with the option that names it', () => {
  expect(() => loadScenario('no-such-day.yaml')).toThrow(/no-such-day\.yaml: .*give the path with --scenario FILE/);
});
