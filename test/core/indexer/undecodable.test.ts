import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { imbalance, type Ledger } from '../../../lib/ledger.ts';
import { TestCore } from '../../support/core/core.ts';
import { TestHost } from '../../support/core/host.ts';
import type { TestRelay } from '../../support/core/relay.ts';
import { until } from '../../support/until.ts';

let core: TestCore;
let relay: TestRelay;

beforeAll(async () => {
  core = await (await TestCore.make()).start({ limits: { definitionWait: '1s' } });
  relay = await (await core.relay()).hello('north');
});
afterAll(() => core.remove());

async function entryOf(dataClass: string) {
  const { tiers } = await core.get<{ tiers: Ledger[] }>('/api/v1/ledger');
  return tiers.at(-1)!.entries.find((entry) => entry.class === dataClass)!;
}

test('a log frame whose body is garbage becomes a dead letter at the indexer; the lines around it are found', async () => {
  const host = new TestHost('web-1');
  const before = host.lines('log', [{ message: 'before it' }]);
  // An honest envelope: [no compression, length, bytes], and nothing sensible in the bytes.
  const body = Buffer.concat([Buffer.from([0x83, 0x00, 0x18, 0x64, 0x58, 0x64]), randomBytes(100)]);
  const bad = host.broken('log', 'logs', 7, body);
  const after = host.lines('log', [{ message: 'behind it' }]);
  expect(await relay.deliver('log', [before, bad, after])).toEqual({ kind: 'acknowledged' });
  await until('two lines', async () => (await core.get<{ lines: unknown[] }>('/api/v1/logs')).lines.length === 2);
  const entry = await until('it is accounted for', async () => {
    const now = await entryOf('log');
    // A search may see lines a moment before the indexer has entered them.
    return now.dropped.undecodable && now.out.frames === 2 ? now : null;
  });
  expect(entry).toMatchObject({
    in: { frames: 3, items: 9 },
    out: { frames: 2, items: 2 },
    queued: { frames: 0, items: 0 },
    dropped: { undecodable: { frames: 1, items: 7 } },
  });
  expect(imbalance(entry)).toEqual({ frames: 0, items: 0 });

  const { letters } = await core.get<{ letters: { id: string; host: string; sequence: number }[] }>(
    '/api/v1/deadletters',
  );
  expect(letters[0]).toMatchObject({ host: 'web-1', sequence: 2, reason: 'undecodable' });
  const kept = await fetch(core.url(`/api/v1/deadletters/${letters[0]!.id}?form=bytes`));
  expect(Buffer.from(await kept.arrayBuffer()).equals(Buffer.from(bad.frame))).toBe(true);

  // For the audit the frame has arrived.
  const { stored } = await core.get<{ stored: { host: string; class: string; ranges: [number, number][] }[] }>(
    '/api/v1/ledger/sequences',
  );
  const mine = stored.filter((one) => one.host === 'web-1' && one.class === 'log').flatMap((one) => one.ranges);
  expect(mine.sort((a, b) => a[0] - b[0])).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
  ]);
});

test('a frame whose definition never comes is asked for, and then kept as a dead letter; its block is done', async () => {
  const host = new TestHost('web-2');
  const known = host.page([{ name: 'known' }]);
  const lost = host.page([{ name: 'lost' }]);
  relay.define('web-2', known);
  const now = Date.now();
  const answer = await relay.deliver('metric', [host.metrics(known, [[now, [1]]]), host.metrics(lost, [[now, [2]]])]);
  expect(answer).toEqual({ kind: 'acknowledged' });
  expect(relay.received.some((message) => message.need)).toBe(true);
  expect(await entryOf('metric')).toMatchObject({
    in: { frames: 2, items: 2 },
    out: { frames: 1, items: 1 },
    dropped: { unknown_definition: { frames: 1, items: 1 } },
  });
});

test('a frame that holds another number of samples than it says is not taken', async () => {
  const host = new TestHost('web-3');
  const page = host.page([{ name: 'honest' }]);
  relay.define('web-3', page);
  const honest = host.metrics(page, [[Date.now(), [1]]]);
  const { decodeHeader, encodeFrame } = await import('../../../proto/frame.ts');
  const header = decodeHeader(honest.frame);
  const rest = honest.frame.subarray(encodeFrame({ ...header, count: 1 }, new Uint8Array()).length);
  const lying = { ...honest, frame: encodeFrame({ ...header, count: 9, sequence: 2 }, rest) };
  expect(await relay.deliver('metric', [honest, lying])).toEqual({ kind: 'acknowledged' });
  expect(core.registry.render()).toContain('heliograph_core_refused_total{code="HG_FRAME_COUNT"} 1');
  expect(imbalance(await entryOf('metric'))).toEqual({ frames: 0, items: 0 });
});
