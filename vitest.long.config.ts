import { defineConfig } from 'vitest/config';

/** Everything, with the sample sizes of the long run (HELIOGRAPH_LONG=1 raises the number of seeds and rounds). */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/engines/**', 'test/outside/**'],
    maxWorkers: 1,
    pool: 'forks',
    env: { HELIOGRAPH_LONG: '1' },
    testTimeout: 3_600_000,
    hookTimeout: 120_000,
  },
});
