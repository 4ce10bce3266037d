import { expect, test } from 'vitest';
import { BlockWork, type BlockWorkParts } from '../../../core/gateway/block-work.ts';
import type { Bus } from '../../../core/ports/bus.ts';
import { HeliographError } from '../../../lib/errors.ts';
import { TestHost } from '../../support/core/host.ts';

/** The work on blocks of lines, whose account takes so many frames. */
function open(takes: number, publish: Bus['publish']) {
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
    breathe: async () => void told.push('turn'),
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
  /** So many frames of a line each. */
  const writeMany = async (frames: number) => {
    const many = Array.from({ length: frames }, () => host.lines('error', [{ message: 'no' }]));
    const opened = await work.open(origin, many);
    told.length = 0;
    return work.write(origin, opened, () => undefined);
  };
  return { told, write, writeMany };
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

const turns = (told: readonly string[]) => told.filter((word) => !word.startsWith('queue') && word !== 'unpublish 1');

test('a large block goes on the bus in portions, with a turn for others between them', async () => {
  const published: number[] = [];
  const { told, writeMany } = open(9_999, async (_, records) => void published.push(records.length));
  await writeMany(1_200);
  expect(published).toEqual([500, 500, 200]);
  expect(turns(told)).toEqual(['on bus 500 500', 'turn', 'on bus 500 500', 'turn', 'on bus 200 200']);
});

test('of a portion that the bus does not take all is taken back; those before it stay accounted for, and the rest is not published', async () => {
  let calls = 0;
  const { told, writeMany } = open(9_999, async () => {
    if (++calls === 2) throw new HeliographError('HG_ENGINE_DOWN', 'gone');
  });
  await expect(writeMany(1_200)).rejects.toMatchObject({ code: 'HG_ENGINE_DOWN' });
  expect(calls).toBe(2);
  expect(turns(told)).toEqual(['on bus 500 500', 'turn']);
  expect(told.filter((word) => word === 'queue 1')).toHaveLength(1_000);
  expect(told.filter((word) => word === 'unpublish 1')).toHaveLength(500);
});
