import { defineConfig } from 'vitest/config';

/** Minutes each: kills, outages, whole systems. All of them run unless a sample is asked for. */
const LONG = [
  'test/chaos/five-hundred-hosts.test.ts',
  'test/engines/kill.test.ts',
  'test/engines/package.test.ts',
  'test/engines/roles.test.ts',
  'test/engines/start-engines.test.ts',
  'test/engines/year.test.ts',
  'test/engines/kafka/bad-days.test.ts',
  'test/engines/kafka/delivery.test.ts',
];

/** HELIOGRAPH_SAMPLE=<n>[:<seed>]: n of the long ones, by chance; the seed is printed, and brings the same again. */
function leftOut(): string[] {
  const [, count, seedText] = /^(\d+)(?::(\d+))?$/.exec(process.env.HELIOGRAPH_SAMPLE ?? '') ?? [];
  if (count === undefined) return [];
  const seed = seedText === undefined ? Math.floor(Math.random() * 1e9) : Number(seedText);
  // A linear congruential step a file (Numerical Recipes): chance enough to choose by.
  let state = seed >>> 0;
  const drawn = LONG.map((file) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return { file, state };
  }).sort((a, b) => a.state - b.state);
  const chosen = drawn.slice(0, Number(count)).map(({ file }) => file);
  // Workers read this file too, and are told what was drawn.
  process.env.HELIOGRAPH_SAMPLE = `${count}:${seed}`;
  if (process.env.VITEST_WORKER_ID === undefined) {
    console.log(
      `of the long tests: ${chosen.join(', ') || 'none'} (HELIOGRAPH_SAMPLE=${count}:${seed} brings the same)`,
    );
  }
  return LONG.filter((file) => !chosen.includes(file));
}

/**
 * Against real engines, which test/engines/start/*.sh fetch and start, and the minute of five hundred hosts, which is drawn with the long ones.
 * One file at a time: they share the machine with the engines.
 */
export default defineConfig({
  test: {
    include: ['test/engines/**/*.test.ts', 'test/chaos/five-hundred-hosts.test.ts'],
    exclude: leftOut(),
    maxWorkers: 1,
    fileParallelism: false,
    pool: 'forks',
    testTimeout: 600_000,
    hookTimeout: 300_000,
  },
});
