import { afterEach, expect, test } from 'vitest';
import { AlertReceiver } from '../../../support/alert-receiver.ts';
import { until } from '../../../support/until.ts';
import { CoreBeside } from '../notify/core-beside.ts';
import { folder } from '../notify/notifications.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function twoCores() {
  const ops = await new AlertReceiver().listen();
  cleanups.push(() => ops.close());
  const shared = folder(cleanups);
  const config = {
    receivers: [{ name: 'ops', webhook: { url: ops.url, timeout: '60s' } }],
    groupBy: ['...'],
    groupWait: '10ms',
    groupInterval: '10ms',
  };
  const start = async () => {
    const core = await CoreBeside.start({ directory: folder(cleanups), config, lease: { file: shared } });
    cleanups.push(() => core.kill());
    return core;
  };
  const [one, two] = [await start(), await start()];
  await until('a holder', () => one.held || two.held);
  const [holder, other] = one.held ? [one, two] : [two, one];
  const hold = (...instances: string[]) => {
    for (const core of [holder, other]) core.hold(...instances);
  };
  return { ops, holder, other, hold };
}

test('of two cores one notifies; the other goes on when it is killed, and says nothing twice', async () => {
  const { ops, holder, other, hold } = await twoCores();
  hold('a', 'b');
  await until('a and b', () => ops.told.length === 2);
  other.silence('s');
  await until('the silence is everywhere', () => holder.silences === 1);
  const killed = performance.now();
  await holder.kill();
  other.hold('a', 'c', 's');
  await until('c and the end of b', () => ops.told.length === 4);
  expect(ops.told.slice(2).sort()).toEqual(['firing c', 'resolved b']);
  expect(performance.now() - killed).toBeGreaterThan(5_000);
  const keys = ops.alerts.filter(({ labels }) => labels.instance === 'b').map(({ key }) => key);
  expect(keys[0]).toBe(keys[1]);
  // Long enough for anything else to come.
  other.hold('a', 'c', 'd', 's');
  await until('d', () => ops.told.length === 5);
  expect(ops.told[4]).toBe('firing d');
});

test('a holder that is stopped, with a message under way, is followed; the message has the same key, and the stopped one says nothing when it wakes', async () => {
  const { ops, holder, hold } = await twoCores();
  hold('a');
  await until('a', () => ops.told.length === 1);
  ops.hangs = true;
  hold('a', 'b');
  await until('b under way', () => ops.told.length === 2);
  holder.signal('SIGSTOP');
  ops.hangs = false;
  await until('b again, from the other', () => ops.told.length === 3);
  ops.letGo();
  expect(ops.told).toEqual(['firing a', 'firing b', 'firing b']);
  const [, first, second] = ops.posted.map(({ headers }) => headers['idempotency-key']);
  expect(first).toBe(second);
  hold('a', 'b', 'c');
  await until('c', () => ops.told.length === 4);
  holder.signal('SIGCONT');
  await until('it knows that it lost it', () => !holder.held);
  hold('a', 'b', 'c', 'd');
  await until('d', () => ops.told.includes('firing d'));
  hold('d');
  await until('the ends', () => ops.told.filter((one) => one.startsWith('resolved')).length === 3);
  expect(ops.told.sort()).toEqual([
    'firing a',
    'firing b',
    'firing b',
    'firing c',
    'firing d',
    'resolved a',
    'resolved b',
    'resolved c',
  ]);
});
