import { defineConfig } from 'vitest/config';
import { LONG_ENGINE_TESTS, leftOut } from './test/long-tests.ts';

/**
 * Against real engines, which test/engines/start/*.sh fetch and start, and the minute of five hundred hosts, which is drawn with the long ones.
 * Two files at a time: most of what an engine's test does is wait for its engine.
 */
export default defineConfig({
  test: {
    include: ['test/engines/**/*.test.ts', 'test/chaos/five-hundred-hosts.test.ts'],
    exclude: leftOut(LONG_ENGINE_TESTS, process.env),
    maxWorkers: 2,
    pool: 'forks',
    testTimeout: 600_000,
    hookTimeout: 300_000,
  },
});
