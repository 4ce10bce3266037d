import { afterAll, beforeAll, expect, test } from 'vitest';
import { imbalance, type Ledger, type LedgerEntry } from '../../../lib/ledger.ts';
import type { PrometheusAnswer, Vector } from '../../support/core/answers.ts';
import { TestCore } from '../../support/core/core.ts';
import { TestHost } from '../../support/core/host.ts';
import { until } from '../../support/until.ts';

let core: TestCore;

beforeAll(async () => {
  core = await (await TestCore.make()).start();
});
afterAll(() => core.remove());

interface View {
  tiers: Ledger[];
  hops: { from: string; class: string; state: string }[];
  balanced: boolean;
  words: string[];
}

async function settled(): Promise<LedgerEntry[]> {
  return until('the bus is empty', async () => {
    const { tiers } = await core.get<View>('/api/v1/ledger');
    const { entries } = tiers.find((tier) => tier.tier === 'core')!;
    return entries.every((entry) => entry.queued.frames === 0) ? entries : null;
  });
}

test('a restart keeps samples, lines, the account to the last item, and definitions', async () => {
  const host = new TestHost('web-1');
  const page = host.page([{ name: 'kept' }]);
  let relay = await (await core.relay()).hello();
  relay.define('web-1', page);
  const now = Date.now();
  const entry = host.metrics(page, [[now - 2000, [1]]]);
  await relay.deliver('metric', [entry, { ...entry, frame: Buffer.from('garbage') }]);
  await relay.deliver('metric', [entry]);
  await relay.deliver('error', [host.lines('error', [{ message: 'one' }, { message: 'two' }])]);
  await relay.deliver('debug', [host.lines('debug', [{ message: 'three' }])]);
  await relay.deliver('alert', [host.events([{ time: now, type: 'host.rebooted', host: 'web-1', facts: {} }])]);
  const report: Ledger = { version: 1, tier: 'relay', name: 'whatever', time: now, entries: [] };
  relay.send({ ledger: { ledger: Buffer.from(JSON.stringify(report)) } });
  await until('the report', async () =>
    (await core.get<View>('/api/v1/ledger')).tiers.some((tier) => tier.name === 'relay-1'),
  );
  const before = await settled();
  await core.stop();
  await core.start();
  const after = await settled();
  expect(after).toEqual(before);
  for (const one of after) expect(imbalance(one), one.class).toEqual({ frames: 0, items: 0 });
  expect(after.find((one) => one.class === 'metric')).toMatchObject({
    in: { frames: 3, items: 2 },
    out: { frames: 1, items: 1 },
    repeated: { frames: 1, items: 1 },
    dropped: { undecodable: { frames: 1, items: 0 } },
  });
  expect(after.find((one) => one.class === 'error')).toMatchObject({
    in: { frames: 1, items: 2 },
    out: { frames: 1, items: 2 },
  });
  const view = await core.get<View>('/api/v1/ledger');
  expect(view.tiers.some((tier) => tier.tier === 'relay' && tier.name === 'relay-1')).toBe(true);

  // Not defined again on this stream: the core has it from its disk.
  relay = await (await core.relay()).hello();
  expect(await relay.deliver('metric', [host.metrics(page, [[now - 1000, [2]]])])).toEqual({ kind: 'acknowledged' });
  expect(relay.received.some((message) => message.need)).toBe(false);
  const answer = await core.get<PrometheusAnswer<Vector>>('/api/v1/query', { query: 'count_over_time(kept[1m])' });
  expect(answer.data.result[0]!.value[1]).toBe('2');
});

test('a relay that says it passed on more than is here makes the ledger say what is missing', async () => {
  const relay = await (await core.relay('relay-2')).hello();
  const much = { frames: 100, items: 5000 };
  const none = { frames: 0, items: 0 };
  const report: Ledger = {
    version: 1,
    tier: 'relay',
    name: 'relay-2',
    time: Date.now() - 1000,
    entries: [{ class: 'log', in: much, out: much, queued: none, repeated: none, dropped: {} }],
  };
  relay.send({ ledger: { ledger: Buffer.from(JSON.stringify(report)) } });
  const view = await until('the ledger does not balance', async () => {
    const now = await core.get<View>('/api/v1/ledger');
    return now.balanced ? null : now;
  });
  expect(view.words).toContain(
    'From relays to core, log: 5,000 log lines in 100 frames were acknowledged and are not there.',
  );
  relay.send({ ledger: { ledger: Buffer.from('no json') } });
  await until('a bad report is counted', () =>
    core.registry.render().includes('heliograph_core_refused_total{code="HG_CORE_LEDGER"} 1'),
  );
});
