import { randomBytes } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Ledger } from '../../../lib/ledger.ts';
import { imbalance } from '../../../lib/ledger.ts';
import { encodeBlock } from '../../../proto/block.ts';
import { hashBytes, hashText } from '../../../proto/hash.ts';
import type { PrometheusAnswer, Vector } from '../../support/core/answers.ts';
import { TestCore } from '../../support/core/core.ts';
import { TestHost } from '../../support/core/host.ts';
import type { TestRelay } from '../../support/core/relay.ts';
import { until } from '../../support/until.ts';

let core: TestCore;
let relay: TestRelay;

beforeAll(async () => {
  core = await (await TestCore.make()).start();
  relay = await (await core.relay()).hello('north');
});
afterAll(() => core.remove());

async function value(expression: string): Promise<string | undefined> {
  const answer = await core.get<PrometheusAnswer<Vector>>('/api/v1/query', { query: expression });
  return answer.data.result[0]?.value[1];
}

test('an acknowledged sample is queryable at once, under the labels of host and site', async () => {
  const host = new TestHost('web-1');
  const page = host.page([{ name: 'up', labels: { job: 'node' } }, { name: 'load' }]);
  relay.define('web-1', page);
  const now = Date.now();
  // The page is sorted: load, up.
  expect(await relay.deliver('metric', [host.metrics(page, [[now, [0.1 + 0.2, 1]]])])).toEqual({
    kind: 'acknowledged',
  });
  expect(await value('load{instance="web-1",site="north"}')).toBe('0.30000000000000004');
  expect(await value('up{instance="web-1",site="north",job="node"}')).toBe('1');
});

test("a relay's own series have its name in place of a host's, and the instance that a roll-up kept", async () => {
  const own = new TestHost('relay-1');
  const page = own.page([
    { name: 'load:1m_by_instance_max', labels: { rolled_instance: 'web-1' } },
    { name: 'load:1m_by_job_max', labels: { job: 'node' } },
  ]);
  relay.define('relay-1', page);
  const entry = own.metrics(page, [[Date.now(), [7, 8]]]);
  expect(await relay.deliver('metric', [entry])).toEqual({ kind: 'acknowledged' });
  const labelled = async (expression: string) =>
    (await core.get<PrometheusAnswer<Vector>>('/api/v1/query', { query: expression })).data.result[0]!.metric;
  const given = { relay: 'relay-1', site: 'north' };
  expect(await labelled('{__name__="load:1m_by_instance_max"}')).toEqual({
    __name__: 'load:1m_by_instance_max',
    instance: 'web-1',
    ...given,
  });
  expect(await labelled('{__name__="load:1m_by_job_max"}')).toEqual({
    __name__: 'load:1m_by_job_max',
    job: 'node',
    ...given,
  });
});

test('a block that names an unknown definition waits, the core asks, and others go on', async () => {
  const host = new TestHost('web-2');
  const page = host.page([{ name: 'late' }]);
  const base = host.base(page, [41]);
  const now = Date.now();
  const waiting = relay.block('metric', [host.metrics(page, [[now, [42]]], { definition: base, values: [41] })]);
  const asked = await until('a question', () =>
    relay.received.find((message) => message.need)?.need?.hashes.map((hash) => hashText(hash)),
  );
  expect(asked.sort()).toEqual([page.hash, base.hash].sort());
  expect((await relay.deliver('log', [host.lines('log', [{ message: 'not held up' }])])).kind).toBe('acknowledged');
  expect(relay.answers.get(waiting)).toBeUndefined();
  relay.define('web-2', base);
  relay.define('web-2', page);
  expect(await relay.answer(waiting)).toEqual({ kind: 'acknowledged' });
  expect(await value('late{instance="web-2"}')).toBe('42');
});

test('an undecodable frame among good ones becomes a dead letter, and the good ones are there', async () => {
  const host = new TestHost('web-3');
  const page = host.page([{ name: 'neighbour' }]);
  relay.define('web-3', page);
  const now = Date.now();
  const good = host.metrics(page, [[now - 1000, [1]]]);
  const lying = host.metrics(page, [[now - 500, [9]]]);
  const garbage = { ...good, frame: randomBytes(200) };
  const torn = { ...lying, frame: lying.frame.subarray(0, lying.frame.length - 3) };
  const last = host.metrics(page, [[now, [2]]]);
  const wrong = host.lines('log', [{ message: 'in a metric block' }]);
  const before = core.registry.render();
  expect(await relay.deliver('metric', [good, garbage, torn, wrong, last])).toEqual({ kind: 'acknowledged' });
  expect(await value('count_over_time(neighbour{instance="web-3"}[1m])')).toBe('2');
  const { letters } = await core.get<{ letters: { host: string; code: string }[] }>('/api/v1/deadletters');
  const mine = letters.filter((letter) => letter.host === 'web-3');
  expect(mine.map((letter) => letter.code).sort()).toContain('HG_CORE_FRAME');
  expect(mine).toHaveLength(3);
  expect(before).not.toContain('heliograph_core_refused_total{code="HG_CORE_FRAME"}');
  expect(core.registry.render()).toContain('heliograph_core_refused_total{code="HG_CORE_FRAME"} 1');
});

test('a frame that comes twice is one frame, and is counted as repeated', async () => {
  const host = new TestHost('web-4');
  const page = host.page([{ name: 'twice' }]);
  relay.define('web-4', page);
  const entry = host.metrics(page, [[Date.now(), [7]]]);
  const before = await entryOf('metric');
  expect(await relay.deliver('metric', [entry])).toEqual({ kind: 'acknowledged' });
  expect(await relay.deliver('metric', [entry], 1)).toEqual({ kind: 'acknowledged' });
  expect(await value('count_over_time(twice[1m])')).toBe('1');
  const after = await entryOf('metric');
  expect(after.repeated.items - before.repeated.items).toBe(1);
  expect(after.out.items - before.out.items).toBe(1);
  expect(imbalance(after)).toEqual({ frames: 0, items: 0 });
});

test('garbage, a zip bomb and a block of another relay are refused for good, and the stream lives on', async () => {
  expect(await relay.answer(relay.payload('metric', randomBytes(500)))).toMatchObject({
    kind: 'refused',
    retryAfterMs: 0,
  });
  const bomb = zstdCompressSync(Buffer.alloc(256 << 20));
  expect(bomb.length).toBeLessThan(100_000);
  const held = process.memoryUsage().arrayBuffers;
  expect(await relay.answer(relay.payload('log', bomb))).toMatchObject({
    kind: 'refused',
    code: 'HG_WIRE_COMPRESSION',
    retryAfterMs: 0,
  });
  expect(process.memoryUsage().arrayBuffers - held).toBeLessThan(64 << 20);
  const foreign = encodeBlock('log', 'relay-9', [], zstdCompressSync);
  expect(await relay.answer(relay.payload('log', foreign))).toMatchObject({ kind: 'refused', code: 'HG_CORE_BLOCK' });
  const otherClass = encodeBlock('log', relay.name, [], zstdCompressSync);
  expect(await relay.answer(relay.payload('error', otherClass))).toMatchObject({ code: 'HG_CORE_BLOCK' });
  expect(relay.ended).toBeNull();
});

test('a definition under a wrong hash, or with a reserved label, is refused; frames that name it do not wait for ever', async () => {
  const host = new TestHost('web-5');
  const page = host.page([{ name: 'fine' }]);
  relay.send({ definition: { hash: hashBytes('00'.repeat(16)), content: page.content, host: 'web-5' } });
  await until('the refusal is counted', () =>
    core.registry.render().includes('heliograph_core_refused_total{code="HG_CORE_DEFINITION"} 1'),
  );
  // The same page with the label `k` made into `site`, which only relay and core may set.
  const honest = host.page([{ name: 'sly', labels: { kkkk: 'v' } }]);
  const content = Uint8Array.from(honest.content);
  content.set(Buffer.from('site'), Buffer.from(content).indexOf('kkkk'));
  const { hashOf } = await import('../../../proto/hash.ts');
  const { sha256 } = await import('../../../core/gateway/definitions.ts');
  const sly = { ...honest, content, hash: hashOf(content, sha256) };
  relay.define('web-5', sly);
  expect(await relay.deliver('metric', [host.metrics(sly, [[Date.now(), [1]]])])).toEqual({ kind: 'acknowledged' });
  expect(await value('sly')).toBeUndefined();
  expect(core.registry.render()).toContain('heliograph_core_refused_total{code="HG_WIRE_LABEL"}');
});

test('declared drops are kept as gaps with their reason', async () => {
  const host = new TestHost('web-6');
  const gap = {
    boot: host.boot,
    from: 3,
    to: 9,
    reason: 'cap',
    frames: 7,
    items: 700,
    firstTime: 1000,
    lastTime: 2000,
  };
  expect(await relay.deliver('metric', [host.gaps('metric', [gap])])).toEqual({ kind: 'acknowledged' });
  expect(await relay.deliver('log', [host.gaps('log', [gap])])).toEqual({ kind: 'acknowledged' });
  const { gaps } = await core.get<{ gaps: unknown[] }>('/api/v1/gaps', { host: 'web-6' });
  expect(gaps).toEqual([
    { host: 'web-6', class: 'log', ...gap },
    { host: 'web-6', class: 'metric', ...gap },
  ]);
});

test('after all of this the ledger balances', async () => {
  await until('nothing waits', async () =>
    (await core.get<{ tiers: Ledger[] }>('/api/v1/ledger')).tiers
      .flatMap((tier) => tier.entries)
      .every((entry) => entry.queued.frames === 0),
  );
  const { balanced, words, tiers } = await core.get<{ balanced: boolean; words: string[]; tiers: Ledger[] }>(
    '/api/v1/ledger',
  );
  for (const entry of tiers[0]!.entries) expect(imbalance(entry), entry.class).toEqual({ frames: 0, items: 0 });
  expect(words.at(-1)).toBe('The ledger balances: nothing is missing.');
  expect(balanced).toBe(true);
});

async function entryOf(dataClass: string) {
  const { tiers } = await core.get<{ tiers: Ledger[] }>('/api/v1/ledger');
  return tiers.find((tier) => tier.tier === 'core')!.entries.find((entry) => entry.class === dataClass)!;
}
