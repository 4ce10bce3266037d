import { MessageChannel } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { WorkerCaller } from '../../../core/workers/caller.ts';
import { SyncCaller } from '../../../core/workers/sync-caller.ts';
import type { HeliographError } from '../../../lib/errors.ts';

function worker(onMessage: string): URL {
  const code = `import { parentPort } from 'node:worker_threads'; parentPort.on('message', (m) => { ${onMessage} });`;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}

test('a worker that dies rejects what it had, says so once, and takes nothing more', async () => {
  const deaths: HeliographError[] = [];
  const caller = new WorkerCaller(worker("if (m.id === 2) throw new Error('broken');"), {
    workerData: null,
    fallback: 'HG_STORE_WORKER',
    onDeath: (error) => deaths.push(error),
  });
  const both = await Promise.allSettled([caller.call('first', []), caller.call('second', [])]);
  for (const one of both) {
    expect(one).toMatchObject({ reason: { code: 'HG_STORE_WORKER', message: expect.stringContaining('broken') } });
  }
  expect(deaths.map((error) => error.code)).toEqual(['HG_STORE_WORKER']);
  await expect(caller.call('third', [])).rejects.toMatchObject({ code: 'HG_STORE_WORKER' });
});

test('a worker that is closed, or does not open, has not died', async () => {
  const deaths: unknown[] = [];
  const options = {
    workerData: null,
    fallback: 'HG_STORE_WORKER',
    onDeath: (error: unknown) => deaths.push(error),
  } as const;
  const closing = new WorkerCaller(
    worker("parentPort.postMessage({ id: m.id, value: 1 }); if (m.method === 'close') parentPort.close();"),
    options,
  );
  expect(await closing.call('any', [])).toBe(1);
  await closing.close();
  await expect(closing.call('any', [])).rejects.toMatchObject({ code: 'HG_STORE_CLOSED' });
  const broken = new WorkerCaller(worker("throw new Error('not today');"), options);
  await expect(broken.open()).rejects.toMatchObject({ code: 'HG_STORE_WORKER' });
  expect(deaths).toEqual([]);
});

test('a wait for a thread that never answers ends when it is checked', () => {
  const { port1, port2 } = new MessageChannel();
  const caller = new SyncCaller(port1, new Int32Array(new SharedArrayBuffer(4)), 'HG_STORE_WORKER');
  let looks = 0;
  const call = () =>
    caller.call('never', [], () => {
      if (++looks === 2) throw new RangeError('enough');
    });
  expect(call).toThrow('enough');
  port1.close();
  port2.close();
});
