import { afterEach, expect, test } from 'vitest';
import { AlertReceiver } from '../../../support/alert-receiver.ts';
import { until } from '../../../support/until.ts';
import { CoreBeside } from './core-beside.ts';
import { folder } from './notifications.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

test('a core that is killed while a receiver has a message and has not answered sends it again with the same key, and nothing else twice', async () => {
  const ops = await new AlertReceiver().listen();
  cleanups.push(() => ops.close());
  const config = {
    receivers: [{ name: 'ops', webhook: { url: ops.url } }],
    groupBy: ['...'],
    groupWait: '10ms',
    groupInterval: '10ms',
  };
  const options = { directory: folder(cleanups), config };
  const start = async () => {
    const core = await CoreBeside.start(options);
    cleanups.push(() => core.kill());
    return core;
  };
  const first = await start();
  first.hold('a');
  await until('a', () => ops.told.join() === 'firing a');
  ops.hangs = true;
  first.hold('a', 'b');
  await until('b under way', () => ops.told.join() === 'firing a,firing b');
  await first.kill();
  ops.letGo();

  const second = await start();
  second.hold('a', 'b', 'c');
  await until('c', () => ops.told.includes('firing c'));
  expect(ops.told).toEqual(['firing a', 'firing b', 'firing b', 'firing c']);
  const keys = ops.posted.map(({ headers }) => headers['idempotency-key']);
  expect(keys[1]).toBe(keys[2]);
  expect(new Set(keys).size).toBe(3);
  expect(ops.alerts[1]!.key).toBe(ops.alerts[2]!.key);
  second.hold('c');
  await until('the ends', () => ops.told.length === 6);
  expect(ops.told.slice(4).sort()).toEqual(['resolved a', 'resolved b']);
});
