import { expect, test } from 'vitest';
import { BlockWork, type BlockWorkParts } from '../../../core/gateway/block-work.ts';
import { HeliographError } from '../../../lib/errors.ts';
import { TestHost } from '../../support/core/host.ts';

/** The work on blocks of lines, whose account takes so many frames. */
function open(takes: number, publish: () => Promise<void>) {
  const told: string[] = [];
  const account = {
    queue: (_: string, items: number) => {
      if (told.length === takes) throw new HeliographError('HG_STORE_DISK', 'fleet.db: full');
      told.push(`queue ${items}`);
    },
    unpublish: (_: string, items: number) => void told.push(`unpublish ${items}`),
    onBus: (_: string, frames: number, items: number) => void told.push(`on bus ${frames} ${items}`),
  };
  const work = new BlockWork({
    account,
    bus: { publish },
    setAside: async () => undefined,
    fleet: { seen: () => undefined },
  } as unknown as BlockWorkParts);
  const host = new TestHost('web-1');
  const entries = [1, 2, 3].map((count) =>
    host.lines(
      'error',
      Array.from({ length: count }, () => ({ message: 'no' })),
    ),
  );
  const origin = { relay: 'north', site: 'north', class: 'error', lane: 'live' } as const;
  const write = async () => work.write(origin, await work.open(origin, entries), () => undefined);
  return { told, write };
}

test('of a block that the account does not take whole only what was queued is taken back, and nothing is published', async () => {
  let published = 0;
  const { told, write } = open(2, async () => void published++);
  await expect(write()).rejects.toMatchObject({ code: 'HG_STORE_DISK' });
  expect(told).toEqual(['queue 1', 'queue 2', 'unpublish 1', 'unpublish 2']);
  expect(published).toBe(0);
});

test('of a block that the bus does not take all is taken back', async () => {
  const { told, write } = open(9, () => Promise.reject(new HeliographError('HG_ENGINE_DOWN', 'gone')));
  await expect(write()).rejects.toMatchObject({ code: 'HG_ENGINE_DOWN' });
  expect(told).toEqual(['queue 1', 'queue 2', 'queue 3', 'unpublish 1', 'unpublish 2', 'unpublish 3']);
});
