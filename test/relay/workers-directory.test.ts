import { expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { Registry } from '../../lib/metrics.ts';
import type { Arrival, HostMemory } from '../../relay/part.ts';
import { Directory } from '../../relay/workers/directory.ts';

/** A directory whose workers answer when the test says so. */
function place(connections = 100) {
  const asked: { worker: number; host: string; answer: (known: boolean) => void }[] = [];
  const directory = new Directory({
    connections,
    clock: systemClock,
    log: silentLog,
    metrics: new Registry(),
    ask: (worker, host) =>
      new Promise((resolve) => {
        const memory: HostMemory = { host, lives: [], alive: [], framed: [] };
        asked.push({ worker, host, answer: (known) => resolve(known ? { memory, replaced: true } : null) });
      }),
  });
  const arrive = (worker: number, host: string, connection: number) => {
    const answers: Arrival[] = [];
    directory.arrive(worker, host, connection, (answer) => answers.push(answer));
    return answers;
  };
  return { directory, asked, arrive };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('nobody is let in before all have said whom they know', async () => {
  const { directory, asked, arrive } = place();
  directory.up(0, []);
  const answers = arrive(0, 'h', 1);
  directory.up(1, ['h']);
  await turn();
  expect(answers).toEqual([]);
  directory.open();
  await turn();
  expect(asked.map(({ worker }) => worker)).toEqual([1]);
  asked[0]!.answer(true);
  await turn();
  expect(answers).toMatchObject([{ room: true, replaced: true, memories: [{ host: 'h' }] }]);
});

test('two arrivals of one host are served one after the other, and the second asks the first', async () => {
  const { directory, asked, arrive } = place();
  for (const worker of [0, 1, 2]) directory.up(worker, []);
  directory.open();
  arrive(0, 'h', 1);
  await turn();
  const second = arrive(1, 'h', 2);
  await turn();
  const third = arrive(2, 'h', 3);
  await turn();
  expect(asked.map(({ worker }) => worker)).toEqual([0]);
  asked[0]!.answer(true);
  await turn();
  expect(second).toHaveLength(1);
  expect(third).toEqual([]);
  // Who had it last stands at the end.
  expect(asked.slice(1).map(({ worker }) => worker)).toEqual([0, 1]);
  for (const { answer } of asked.slice(1)) answer(true);
  await turn();
  expect(third[0]!.memories).toHaveLength(2);
  expect([directory.connected(), directory.connected(1), directory.connected(2)]).toEqual([1, 0, 1]);
});

test('what a worker has learned durably is asked of it alone; what it has not, of those before it too', async () => {
  const { directory, asked, arrive } = place();
  for (const worker of [0, 1, 2]) directory.up(worker, []);
  directory.open();
  arrive(0, 'h', 1);
  arrive(1, 'h', 2);
  await turn();
  asked[0]!.answer(true);
  await turn();
  directory.learned(1, 0);
  expect(directory.heldBy(0)).toEqual(['h']);
  directory.learned(1, 1);
  expect(directory.heldBy(0)).toEqual([]);
  arrive(2, 'h', 3);
  await turn();
  expect(asked.slice(1).map(({ worker }) => worker)).toEqual([1]);
});

test('who gave no answer is asked again by the next', async () => {
  const { directory, asked, arrive } = place();
  for (const worker of [0, 1]) directory.up(worker, ['h']);
  directory.open();
  arrive(0, 'h', 1);
  await turn();
  asked[0]!.answer(false);
  await turn();
  directory.learned(0, 1);
  expect(directory.heldBy(1)).toEqual(['h']);
});

test('a worker that is gone has no connections, and its arrivals are answered to nobody', async () => {
  const { directory, asked, arrive } = place(1);
  for (const worker of [0, 1]) directory.up(worker, []);
  directory.open();
  arrive(0, 'h', 1);
  const lost = arrive(1, 'h', 2);
  await turn();
  directory.down(1);
  asked[0]!.answer(true);
  await turn();
  expect(lost).toEqual([]);
  expect(directory.connected()).toBe(0);
  directory.up(1, []);
  expect(arrive(1, 'other', 3)).toMatchObject([{ room: true }]);
  // A late word of a connection that is none any more changes nothing.
  directory.left(1, 'other', 2);
  await turn();
  expect(arrive(0, 'third', 4)).toMatchObject([{ room: false }]);
});

test('the folder of a worker that is no more is given over host by host', async () => {
  const { directory } = place();
  directory.up(0, []);
  directory.up(2, ['a', 'b']);
  directory.moved(2, 0, ['a']);
  expect(directory.heldBy(2)).toEqual(['b']);
  expect(directory.heldBy(0)).toEqual(['a']);
});

test('a host that comes to a worker which is just starting is answered, though the worker has not said that it stands', async () => {
  const { directory, arrive } = place();
  directory.up(0, []);
  directory.open();
  directory.down(0);
  const answers = arrive(0, 'h', 1);
  directory.up(0, ['h']);
  await turn();
  expect(answers).toMatchObject([{ room: true }]);
});

test('an arrival that still waits when a newer one of the same host comes is given up', async () => {
  const { directory, asked, arrive } = place();
  for (const worker of [0, 1, 2]) directory.up(worker, worker === 0 ? ['h'] : []);
  directory.open();
  const served = arrive(1, 'h', 1);
  const older = arrive(2, 'h', 2);
  const newest = arrive(2, 'h', 3);
  expect(older).toMatchObject([{ room: false }]);
  asked[0]!.answer(true);
  await turn();
  expect(served).toMatchObject([{ room: true }]);
  for (const { answer } of asked.slice(1)) answer(true);
  await turn();
  expect(newest).toMatchObject([{ room: true }]);
});

test('the limit of connections holds for hosts that come at the same time from other workers', async () => {
  const { directory, asked, arrive } = place(2);
  directory.up(0, ['a', 'b', 'c', 'd']);
  directory.up(1, []);
  directory.open();
  const answers = ['a', 'b', 'c', 'd'].map((host, at) => arrive(1, host, at));
  await turn();
  for (const { answer } of asked) answer(true);
  await turn();
  expect(answers.map(([answer]) => answer!.room)).toEqual([true, true, false, false]);
  expect(directory.connected()).toBe(2);
});
