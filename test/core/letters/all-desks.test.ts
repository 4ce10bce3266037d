import { expect, test } from 'vitest';
import { AllDesks } from '../../../core/letters/all-desks.ts';
import type { LetterDesk } from '../../../core/letters/desk.ts';
import { HeliographError } from '../../../lib/errors.ts';

/** A desk that did this much, or fails. */
function desk(done: number | Error): LetterDesk {
  const give = <T>(value: (n: number) => T) =>
    typeof done === 'number' ? Promise.resolve(value(done)) : Promise.reject(done);
  return {
    find: () => give(() => ({ letters: [], more: false, groups: [], bytes: 0, maxBytes: 1, away: [] })),
    show: () => give(() => ({ letter: null, away: [] })),
    replay: () => give((replayed) => ({ replayed, failed: [], next: null, stopped: null, away: [] })),
    purge: () => give((letters) => ({ letters, bytes: 0, groups: [], away: [] })),
  };
}

const of = (own: number | Error, ...others: (number | Error)[]) =>
  new AllDesks(
    desk(own),
    others.map((other, i) => ({ address: `a:${i}`, name: () => `gateway-${i}`, desk: desk(other) })),
    'console-1',
  );
const disk = new HeliographError('HG_OBJECT_DISK', 'the test says so');
const gone = new HeliographError('HG_PEER', 'the test says so');

test('a process whose letters fail is named with its error, and what the others did is said', async () => {
  const broken = { process: 'console-1', why: disk.message };
  const all = of(disk, 2, 3);
  expect(await all.purge({}, false)).toMatchObject({ letters: 5, away: [{ ...broken, unknown: true }] });
  expect((await all.purge({}, true)).away).toEqual([broken]);
  expect(await all.replay({}, 10, null)).toMatchObject({
    replayed: 5,
    next: null,
    away: [{ ...broken, unknown: true }],
  });
  expect((await all.find({ filter: {}, order: 'newest', limit: 1, after: null })).away).toEqual([broken]);
  expect((await all.show('frame-0')).away).toEqual([broken]);
  // What was replayed before is not hidden by one that fails behind it.
  expect(await of(4, disk).replay({}, 10, null)).toMatchObject({ replayed: 4, away: [{ process: 'gateway-0' }] });
});

test('where all fail the own error is thrown, where those asked are only away they are named', async () => {
  const all = of(disk, gone);
  await expect(all.purge({}, false)).rejects.toBe(disk);
  await expect(all.replay({}, 10, null)).rejects.toBe(disk);
  await expect(all.show('frame-0')).rejects.toBe(disk);
  expect(await all.replay({}, 10, { at: 'a:0', place: null })).toMatchObject({
    replayed: 0,
    away: [{ process: 'gateway-0', why: gone.message }],
  });
});
