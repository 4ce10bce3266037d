import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LogPage } from '../../../core/ports/log-store.ts';
import { imbalance, type Ledger } from '../../../lib/ledger.ts';
import { TestCore } from '../../support/core/core.ts';
import { TestHost } from '../../support/core/host.ts';
import { Engine } from '../../support/engine.ts';
import { until } from '../../support/until.ts';
import { KafkaUnderTest } from './under-test.ts';

let engine: Engine;
let kafka: KafkaUnderTest;

beforeAll(async () => {
  engine = await Engine.start('kafka');
  kafka = await KafkaUnderTest.make(engine.values.KAFKA_BROKERS!);
});
afterAll(async () => {
  await kafka.close();
  await engine.stop();
});

const found = (core: TestCore, q: string, lines: number) =>
  until(`${lines} lines`, async () => {
    const page = await core.get<LogPage>('/api/v1/logs', { q });
    return page.lines.length === lines ? page.lines.map((line) => line.message) : null;
  });

/** The core's own account of a class. */
async function entryOf(core: TestCore, name: string) {
  const { tiers } = await core.get<{ tiers: Ledger[] }>('/api/v1/ledger');
  return tiers.at(-1)!.entries.find((one) => one.class === name)!;
}

test('a core on it: lines of a relay are searchable, before and after a restart, and the account balances', async () => {
  const core = await TestCore.make();
  const section = { bus: 'kafka', kafka: { brokers: [kafka.brokers], prefix: kafka.prefix(), session: '6s' } };
  try {
    await core.start(section);
    const host = new TestHost('web-1');
    const relay = await (await core.relay()).hello('north');
    const frame = host.lines('log', [{ message: 'paid order 17' }, { message: 'paid order 18' }]);
    expect(await relay.deliver('log', [frame, frame])).toEqual({ kind: 'acknowledged' });
    expect(await relay.deliver('error', [host.lines('error', [{ message: 'not paid' }])])).toEqual({
      kind: 'acknowledged',
    });
    await found(core, 'paid', 3);
    const entry = await until('it is settled', async () => {
      const log = await entryOf(core, 'log');
      return log.queued.frames === 0 ? log : null;
    });
    expect(imbalance(entry)).toEqual({ frames: 0, items: 0 });
    expect(entry).toMatchObject({ out: { frames: 1, items: 2 }, repeated: { frames: 1, items: 2 } });
    await core.stop();

    await core.start(section);
    const again = await (await core.relay()).hello('north');
    expect(await again.deliver('log', [host.lines('log', [{ message: 'paid order 19' }])])).toEqual({
      kind: 'acknowledged',
    });
    await found(core, 'paid', 4);
    expect(imbalance(await entryOf(core, 'log'))).toEqual({ frames: 0, items: 0 });
    // Nothing of before came a second time.
    expect(await entryOf(core, 'log')).toMatchObject({
      out: { frames: 2, items: 3 },
      repeated: { frames: 1, items: 2 },
    });
  } finally {
    await core.remove();
  }
});

test('what is no frame becomes a dead letter, and its neighbours are found', async () => {
  const core = await TestCore.make();
  const prefix = kafka.prefix();
  try {
    await core.start({ bus: 'kafka', kafka: { brokers: [kafka.brokers], prefix, partitions: 1 } });
    const relay = await (await core.relay()).hello('north');
    const host = new TestHost('web-1');
    await relay.deliver('log', [host.lines('log', [{ message: 'found before' }])]);
    await kafka.produce(`${prefix}.logs.log`, 0, [
      { key: null, value: Buffer.from('no frame') },
      { key: Buffer.from('../../etc/passwd'), value: null },
      { key: Buffer.from([0, 255]), value: Buffer.alloc(2_000_000, 7) },
    ]);
    await relay.deliver('log', [host.lines('log', [{ message: 'found after' }])]);
    expect((await found(core, 'found', 2)).sort()).toEqual(['found after', 'found before']);
    const { letters } = await core.get<{ letters: { host: string; bytes: number }[] }>('/api/v1/deadletters');
    expect(Object.fromEntries(letters.map(({ host, bytes }) => [host, bytes]))).toEqual({
      '': 8,
      '../../etc/passwd': 0,
      '\0\ufffd': 2_000_000,
    });
  } finally {
    await core.remove();
  }
});

test('from the embedded bus to Kafka and back: the position that the store kept of the other is in nobody’s way', async () => {
  const core = await TestCore.make();
  const section = { bus: 'kafka', kafka: { brokers: [kafka.brokers], prefix: kafka.prefix() } };
  const host = new TestHost('web-1');
  try {
    let lines = 0;
    for (const changes of [{}, section, {}]) {
      await core.start(changes);
      const relay = await (await core.relay()).hello('north');
      await relay.deliver('log', [host.lines('log', [{ message: `moved ${lines}` }])]);
      await found(core, 'moved', ++lines);
      await core.stop();
    }
  } finally {
    await core.remove();
  }
});

test('Kafka goes away under a core: health says so, the relay keeps its block, metrics go on, and it comes in afterwards', async () => {
  const core = await TestCore.make();
  try {
    await core.start({
      bus: 'kafka',
      kafka: { brokers: [kafka.brokers], prefix: kafka.prefix(), session: '6s', timeout: '5s' },
    });
    const relay = await (await core.relay()).hello('north');
    const host = new TestHost('web-1');
    await relay.deliver('log', [host.lines('log', [{ message: 'kept one' }])]);
    await found(core, 'kept', 1);
    await engine.kill();
    const frame = host.lines('log', [{ message: 'kept two' }]);
    const refused = await relay.answer(relay.block('log', [frame]), 60_000);
    expect(refused).toMatchObject({ kind: 'refused', code: 'HG_ENGINE_DOWN' });
    const { parts } = await core.get<{ parts: { part: string; well: boolean }[] }>('/healthz');
    expect(parts).toContainEqual(expect.objectContaining({ part: 'bus', well: false }));
    const page = host.page([{ name: 'up' }]);
    relay.define('web-1', page);
    expect(await relay.deliver('metric', [host.metrics(page, [[Date.now(), [1]]])])).toEqual({ kind: 'acknowledged' });
    await engine.restart();
    await until('it is taken', async () => (await relay.deliver('log', [frame])).kind === 'acknowledged', {
      withinMs: 60_000,
      everyMs: 500,
    });
    await found(core, 'kept', 2);
    expect(imbalance(await entryOf(core, 'log'))).toEqual({ frames: 0, items: 0 });
  } finally {
    await core.remove();
  }
});
