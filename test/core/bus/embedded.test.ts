import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, expect, test, vi } from 'vitest';
import { EmbeddedBus, type EmbeddedBusOptions } from '../../../core/bus/embedded.ts';
import { nodeFiles } from '../../../lib/node-files.ts';
import { busContract } from '../../contracts/bus.ts';
import { setTimer } from '../../journal/setup.ts';

const made: string[] = [];
afterEach(async () => {
  for (const path of made.splice(0)) await rm(path, { recursive: true, force: true });
});

async function options(more: Partial<EmbeddedBusOptions> = {}): Promise<EmbeddedBusOptions> {
  const directory = await mkdtemp(join(tmpdir(), 'heliograph-bus-'));
  made.push(directory);
  return {
    directory,
    files: nodeFiles,
    now: () => Date.now(),
    crc32,
    timer: setTimer,
    topics: ['one', 'two'].map((name) => ({ name, groups: ['first', 'second'] })),
    segmentBytes: 4096,
    maxBytes: 10_000_000,
    lingerMs: 0,
    ...more,
  };
}

busContract('embedded', async () => {
  const parts = await options();
  let bus = await EmbeddedBus.open(parts);
  const reopen = async () => {
    await bus.close();
    bus = await EmbeddedBus.open(parts);
    return bus;
  };
  return { bus, reopen };
});

test('a full bus pushes back, drops nothing, and takes more after a commit', async () => {
  const bus = await EmbeddedBus.open(
    await options({ topics: [{ name: 'one', groups: ['first'] }], maxBytes: 40_000, segmentBytes: 4096 }),
  );
  const value = new Uint8Array(1000);
  let taken = 0;
  const refused = vi.fn();
  while (refused.mock.calls.length === 0 && taken < 1000) {
    await bus.publish('one', [{ key: 'h', value }]).then(() => taken++, refused);
  }
  expect(refused.mock.calls[0]![0]).toMatchObject({ code: 'HG_JOURNAL_FULL' });
  expect(bus.journal.bytes()).toBeLessThanOrEqual(40_000);
  expect(taken).toBeGreaterThan(30);
  let got = 0;
  let last = '';
  const consumer = await bus.consume({ topic: 'one', group: 'first', from: null, maxBytes: 5000 }, async (batch) => {
    got += batch.records.length;
    last = batch.next;
  });
  await vi.waitFor(() => expect(got).toBe(taken), { timeout: 10_000 });
  await consumer.commit(last);
  for (let i = 0; i < 20; i++) await bus.publish('one', [{ key: 'h', value }]);
  await vi.waitFor(() => expect(got).toBe(taken + 20), { timeout: 10_000 });
  expect(bus.totals('one', 'first').dropped).toEqual({});
  await bus.close();
});

test('the cap of one topic leaves room for the others', async () => {
  const topics = [
    { name: 'one', groups: ['first'] },
    { name: 'two', groups: ['first'], maxBytes: 20_000 },
  ];
  const bus = await EmbeddedBus.open(await options({ topics, maxBytes: 40_000 }));
  const value = new Uint8Array(1000);
  const fill = async () => {
    for (let i = 0; i < 100; i++) await bus.publish('two', [{ key: 'h', value }]);
  };
  await expect(fill()).rejects.toMatchObject({ code: 'HG_JOURNAL_FULL' });
  for (let i = 0; i < 15; i++) await bus.publish('one', [{ key: 'h', value }]);
  await bus.close();
});

test('a position after the end is refused: the files are not those of the store', async () => {
  const bus = await EmbeddedBus.open(await options());
  const consume = bus.consume({ topic: 'one', group: 'first', from: 'j1-99', maxBytes: 1000 }, async () => undefined);
  await expect(consume).rejects.toMatchObject({ code: 'HG_BUS_POSITION' });
  await bus.close();
});

test('a group that is new to a bus of before reads what is there, and holds nothing up', async () => {
  const parts = await options({ topics: [{ name: 'one', groups: ['first'] }] });
  let bus = await EmbeddedBus.open(parts);
  await bus.publish(
    'one',
    [1, 2, 3].map((key) => ({ key: `h${key}`, value: new Uint8Array(10) })),
  );
  await bus.close();
  bus = await EmbeddedBus.open({ ...parts, topics: [{ name: 'one', groups: ['first', 'second'] }] });
  const got: string[] = [];
  const consumer = await bus.consume({ topic: 'one', group: 'second', from: null, maxBytes: 5000 }, async (batch) => {
    got.push(...batch.records.map(({ key }) => key));
    await consumer.commit(batch.next);
  });
  await vi.waitFor(() => expect(got).toEqual(['h1', 'h2', 'h3']));
  await vi.waitFor(async () =>
    expect((await bus.lag()).map(({ group, records }) => [group, records])).toEqual([
      ['first', 3],
      ['second', 0],
    ]),
  );
  await bus.close();
});
