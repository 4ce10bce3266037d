import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { CoreBeside } from '../core/alerts/notify/core-beside.ts';
import { folder } from '../core/alerts/notify/notifications.ts';
import { AlertReceiver } from '../support/alert-receiver.ts';
import { Engine } from '../support/engine.ts';
import { until } from '../support/until.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await Engine.start('kafka');
});
afterAll(() => engine.stop());

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** Two cores in processes of their own that agree through a real broker. */
async function twoCores(name: string) {
  const ops = await new AlertReceiver().listen();
  cleanups.push(() => ops.close());
  const config = {
    receivers: [{ name: 'ops', webhook: { url: ops.url, timeout: '60s' } }],
    groupBy: ['...'],
    groupWait: '10ms',
    groupInterval: '10ms',
  };
  const more = { lease: { kafka: true, name }, kafka: { brokers: [engine.values.KAFKA_BROKERS] } };
  const start = async () => {
    const core = await CoreBeside.start({ directory: folder(cleanups), config, ...more });
    cleanups.push(() => core.kill());
    return core;
  };
  const [one, two] = await Promise.all([start(), start()]);
  // While members come it may change hands; it is settled when it did not for longer than a sharing out takes.
  let seen = { held: '', since: 0 };
  await until(
    'one holder that stays',
    () => {
      const held = `${one.held} ${two.held}`;
      if (held !== seen.held) seen = { held, since: performance.now() };
      return one.held !== two.held && performance.now() - seen.since > 8_000;
    },
    { withinMs: 60_000 },
  );
  const [holder, other] = one.held ? [one, two] : [two, one];
  const hold = (...instances: string[]) => {
    for (const core of [holder, other]) core.hold(...instances);
  };
  return { ops, holder, other, hold };
}

test('through Kafka, too, one notifies, and the other goes on when it is killed', async () => {
  const { ops, holder, other, hold } = await twoCores('killed');
  hold('a', 'b');
  await until('a and b', () => ops.told.length === 2);
  other.silence('s');
  await until('the silence is everywhere', () => holder.silences === 1);
  await holder.kill();
  other.hold('a', 'c', 's');
  await until('c and the end of b', () => ops.told.length === 4, { withinMs: 60_000 });
  expect(ops.told.slice(2).sort()).toEqual(['firing c', 'resolved b']);
  other.hold('a', 'c', 'd', 's');
  await until('d', () => ops.told.length === 5);
  expect(ops.told[4]).toBe('firing d');
});

test('through Kafka, too, one that is stopped with a message under way is followed, with the same key', async () => {
  const { ops, holder, other, hold } = await twoCores('stopped');
  hold('a');
  await until('a', () => ops.told.length === 1);
  ops.hangs = true;
  hold('a', 'b');
  await until('b under way', () => ops.told.length === 2);
  holder.signal('SIGSTOP');
  ops.hangs = false;
  await until('b again, from the other', () => ops.told.length === 3, { withinMs: 60_000 });
  ops.letGo();
  expect(ops.told).toEqual(['firing a', 'firing b', 'firing b']);
  expect(ops.posted[1]!.headers['idempotency-key']).toBe(ops.posted[2]!.headers['idempotency-key']);
  holder.signal('SIGCONT');
  await until('it knows that it lost it', () => !holder.held || !other.held, { withinMs: 60_000 });
  hold('a', 'b', 'c');
  await until('c', () => ops.told.includes('firing c'), { withinMs: 60_000 });
  hold();
  await until('the ends', () => ops.told.filter((one) => one.startsWith('resolved')).length === 3, {
    withinMs: 60_000,
  });
  expect(ops.told.sort()).toEqual([
    'firing a',
    'firing b',
    'firing b',
    'firing c',
    'resolved a',
    'resolved b',
    'resolved c',
  ]);
});
