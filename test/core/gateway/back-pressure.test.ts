import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Health } from '../../../core/api/health.ts';
import { coreConfig } from '../../../core/config.ts';
import { openStores, type Stores } from '../../../core/stores.ts';
import { systemClock } from '../../../lib/clock.ts';
import { HeliographError } from '../../../lib/errors.ts';
import { silentLog } from '../../../lib/log.ts';
import { Registry } from '../../../lib/metrics.ts';
import { TestCore } from '../../support/core/core.ts';
import { TestHost } from '../../support/core/host.ts';
import type { TestRelay } from '../../support/core/relay.ts';
import { until } from '../../support/until.ts';

/** The embedded stores behind a gate: a bus that stands still or fails while the test wants it to. */
let core: TestCore;
let relay: TestRelay;
let open = true;
let failing: HeliographError | null = null;
const waiting: (() => void)[] = [];

beforeAll(async () => {
  core = await TestCore.make();
  const limits = { slowBytes: '16KiB', stopBytes: '64KiB' };
  const config = coreConfig.parse({ ...core.config, limits });
  const health = new Health(() => systemClock.now());
  const parts = {
    log: silentLog,
    clock: systemClock,
    registry: new Registry(),
    health,
    onRefused: async () => undefined,
    onRefusedSeries: async () => undefined,
  };
  const real = await openStores(config, parts);
  const stores: Stores = {
    ...real,
    bus: {
      publish: async (topic, records) => {
        if (failing) throw failing;
        if (!open) await new Promise<void>((resolve) => waiting.push(resolve));
        await real.bus.publish(topic, records);
      },
      consume: (options, handle) => real.bus.consume(options, handle),
      lag: () => real.bus.lag(),
      close: () => real.bus.close(),
    },
  };
  await core.start({ limits }, { stores });
  relay = await (await core.relay()).hello();
});
afterAll(() => core.remove());

function levels(): number[] {
  return relay.received.flatMap((message) => (message.pressure?.class === 3 ? [message.pressure.level] : []));
}

test('a bus that stands still holds no metric back, pushes back by pressure and refusals, and closes nothing', async () => {
  open = false;
  const host = new TestHost('web-1');
  const page = host.page([{ name: 'flows' }]);
  relay.define('web-1', page);
  const noise = Array.from({ length: 100 }, () => ({ message: randomBytes(60).toString('base64') }));
  const entries = Array.from({ length: 20 }, () => host.lines('log', noise));
  const ids = entries.map((entry) => relay.block('log', [entry]));
  await until('it says stop', () => levels().includes(2));
  const refused = await until('a block must come again', () =>
    [...relay.answers.values()].find((one) => one.kind === 'refused'),
  );
  expect(refused).toMatchObject({ code: 'HG_CORE_BUSY', retryAfterMs: 1000 });
  for (let i = 0; i < 5; i++) {
    expect(await relay.deliver('metric', [host.metrics(page, [[Date.now() + i, [i]]])])).toEqual({
      kind: 'acknowledged',
    });
  }
  expect(relay.ended).toBeNull();

  open = true;
  for (const go of waiting.splice(0)) go();
  for (const id of ids) await relay.answer(id);
  await until('the pressure is gone', () => levels().at(-1) === 0);
  // As a relay does: what was refused comes again.
  for (const [i, id] of ids.entries()) {
    if (relay.answers.get(id)!.kind === 'refused') {
      expect((await relay.deliver('log', [entries[i]!])).kind).toBe('acknowledged');
    }
  }
  await until('every line is there, once', async () => {
    const { lines } = await core.get<{ lines: unknown[] }>('/api/v1/logs', { limit: '5000' });
    return lines.length === 2000;
  });
});

test('a bus that fails makes blocks come again, and /healthz says so until it is well', async () => {
  failing = new HeliographError('HG_JOURNAL_FULL', 'the test says so');
  const host = new TestHost('web-2');
  const entry = host.lines('error', [{ message: 'once only' }]);
  expect(await relay.deliver('error', [entry])).toMatchObject({
    kind: 'refused',
    code: 'HG_JOURNAL_FULL',
    retryAfterMs: 1000,
  });
  const ill = await fetch(core.url('/healthz'));
  expect(ill.status).toBe(503);
  expect(await ill.text()).toMatch(/"part":"bus","well":false,"why":"since .*HG_JOURNAL_FULL/);
  failing = null;
  expect((await relay.deliver('error', [entry])).kind).toBe('acknowledged');
  expect((await fetch(core.url('/healthz'))).status).toBe(200);
  const { balanced, words } = await core.get<{ balanced: boolean; words: string[] }>('/api/v1/ledger');
  expect(words.join('\n')).toContain('balances');
  expect(balanced).toBe(true);
});

test('the sequences wait for what was acknowledged and is on the bus still', async () => {
  const host = new TestHost('web-3');
  expect((await relay.deliver('debug', [host.lines('debug', [{ message: 'just now' }])])).kind).toBe('acknowledged');
  const { stored, queued } = await core.get<{ stored: { host: string; ranges: number[][] }[]; queued: number }>(
    '/api/v1/ledger/sequences',
  );
  expect(stored.find((one) => one.host === 'web-3')?.ranges).toEqual([[1, 1]]);
  expect(queued).toBe(0);
});
