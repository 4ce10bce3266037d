import { defineConfig } from 'vitest/config';

/** Against real engines, which test/engines/start/*.sh fetch and start. One file at a time: they share the machine with the engines. */
export default defineConfig({
  test: {
    include: ['test/engines/**/*.test.ts'],
    maxWorkers: 1,
    fileParallelism: false,
    pool: 'forks',
    testTimeout: 600_000,
    hookTimeout: 300_000,
  },
});
