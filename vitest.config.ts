import { defineConfig } from 'vitest/config';
import { LONG_TESTS, leftOut } from './test/long-tests.ts';

/**
 * The tests of every day; of the long ones all, or a sample by chance where HELIOGRAPH_SAMPLE asks for one. Kill tests by the dozen and journal seeds by
 * the thousand have a configuration of their own.
 */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      ...['test/engines/**', 'test/outside/**', 'test/chaos/five-hundred-hosts.test.ts'],
      ...leftOut(LONG_TESTS, process.env),
    ],
    // Two cores: more files at once only make each other's timers late.
    maxWorkers: 2,
    pool: 'forks',
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
