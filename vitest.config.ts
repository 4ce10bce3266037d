import { defineConfig } from 'vitest/config';

/**
 * The tests of every day. The long ones (kill tests by the dozen, journal seeds by the thousand) have their own file, and those of minutes are drawn
 * by chance in vitest.engines.config.ts.
 */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/engines/**', 'test/outside/**', 'test/chaos/five-hundred-hosts.test.ts'],
    // Two cores: more files at once only make each other's timers late.
    maxWorkers: 2,
    pool: 'forks',
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
