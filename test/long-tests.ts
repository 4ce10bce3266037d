/** Half a minute to two minutes each on two quiet cores: kills, outages, crowds, a browser through every page. */
export const LONG_TESTS = [
  'test/chaos/audit.test.ts',
  'test/chaos/kill.test.ts',
  'test/chaos/pressure.test.ts',
  'test/chaos/store-gone.test.ts',
  'test/chaos/workers.test.ts',
  'test/collector/kill.test.ts',
  'test/collector/outage.test.ts',
  'test/core/alerts/conformance/conformance.test.ts',
  'test/core/console/asleep.test.ts',
  'test/core/console/browser.test.ts',
  'test/core/console/ten-thousand.test.ts',
  'test/core/metrics/moving-chunks.test.ts',
  'test/relay/doors/syslog/kill.test.ts',
  'test/simulator/fleet.test.ts',
];

/** Minutes each, against real engines or with hundreds of hosts: kills, outages, whole systems. One or two of them a run. */
export const LONG_ENGINE_TESTS = [
  'test/chaos/five-hundred-hosts.test.ts',
  'test/engines/kill.test.ts',
  'test/engines/package.test.ts',
  'test/engines/roles.test.ts',
  'test/engines/start-engines.test.ts',
  'test/engines/year.test.ts',
  'test/engines/alerts/conformance.test.ts',
  'test/engines/alerts/role.test.ts',
  'test/engines/kafka/bad-days.test.ts',
  'test/engines/kafka/delivery.test.ts',
];

/**
 * Which of the long tests a run leaves out: none, unless HELIOGRAPH_SAMPLE=<n>[:<seed>] asks for n of them by chance. The seed is printed,
 * and brings the same again.
 */
export function leftOut(long: readonly string[], environment: NodeJS.ProcessEnv): string[] {
  const [, count, seedText] = /^(\d+)(?::(\d+))?$/.exec(environment.HELIOGRAPH_SAMPLE ?? '') ?? [];
  if (count === undefined) return [];
  const seed = seedText === undefined ? Math.floor(Math.random() * 1e9) : Number(seedText);
  // A linear congruential step a file (Numerical Recipes): chance enough to choose by.
  let state = seed >>> 0;
  const drawn = long
    .map((file) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return { file, state };
    })
    .sort((a, b) => a.state - b.state);
  const chosen = drawn.slice(0, Number(count)).map(({ file }) => file);
  // Workers read the configuration too, and are told what was drawn.
  environment.HELIOGRAPH_SAMPLE = `${count}:${seed}`;
  if (environment.VITEST_WORKER_ID === undefined) {
    console.log(
      `of the long tests: ${chosen.join(', ') || 'none'} (HELIOGRAPH_SAMPLE=${count}:${seed} brings the same)`,
    );
  }
  return long.filter((file) => !chosen.includes(file));
}
