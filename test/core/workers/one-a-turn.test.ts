import { expect, test } from 'vitest';
import { OneATurn } from '../../../core/workers/one-a-turn.ts';

/** Turns that the test gives, and who had one. */
function open() {
  const turns: (() => void)[] = [];
  const pieces = new OneATurn((run) => turns.push(run));
  const had: string[] = [];
  const work = async (name: string, count: number, first = false) => {
    for (let i = 0; i < count; i++) {
      await pieces.next(first);
      had.push(name);
    }
  };
  const turn = async () => {
    for (const run of turns.splice(0)) run();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { turns, had, work, turn };
}

test('in a turn is one piece, and who asks again comes behind who waits', async () => {
  const { had, work, turn, turns } = open();
  const all = Promise.all([work('a', 3), work('b', 1), work('c', 2)]);
  expect(had).toEqual([]);
  for (let i = 1; i <= 6; i++) {
    await turn();
    expect(had).toHaveLength(i);
  }
  expect(had).toEqual(['a', 'b', 'c', 'a', 'c', 'a']);
  await all;
  expect(turns).toEqual([]);
});

test('it goes on after nobody waited', async () => {
  const { had, work, turn } = open();
  const first = work('a', 1);
  await turn();
  await first;
  await turn();
  const second = work('b', 1);
  await turn();
  await second;
  expect(had).toEqual(['a', 'b']);
});

test('what is urgent goes before all that waits', async () => {
  const { had, work, turn } = open();
  const all = Promise.all([work('lines', 3), work('more lines', 2)]);
  await turn();
  const urgent = work('samples', 2, true);
  for (let i = 0; i < 6; i++) await turn();
  await Promise.all([all, urgent]);
  expect(had).toEqual(['lines', 'samples', 'samples', 'more lines', 'lines', 'more lines', 'lines']);
});
