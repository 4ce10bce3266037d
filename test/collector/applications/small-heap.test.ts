import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { nodeFlags } from '../../../collector/node/small-process.ts';

// Of it the test's own parts, the authority of certificates above all, take half.
it.each([44, 64])(
  'what applications push cannot exhaust a heap of %i MiB with the limits of the default',
  async (heap) => {
    const script = join(import.meta.dirname, 'small-heap-process.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [...nodeFlags(heap, false), script]);
    const { statuses, last } = JSON.parse(stdout.trim().split('\n').at(-1)!);
    expect(statuses.slice(0, 3)).toEqual([413, 413, 413]);
    expect(statuses.every((status: number) => [200, 400, 413, 429, 503].includes(status))).toBe(true);
    expect(last).toBe(200);
  },
  240_000,
);
