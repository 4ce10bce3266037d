import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Account } from '../../../core/ledger/account.ts';
import { Journal } from '../../../lib/journal/journal.ts';
import { imbalance, type Ledger } from '../../../lib/ledger.ts';
import { nodeFiles } from '../../../lib/node-files.ts';
import { TestCore } from '../../support/core/core.ts';

let core: TestCore;
beforeEach(async () => {
  core = await TestCore.make();
});
afterEach(() => core.remove());

/** What a door was answered for, in a form that this program does not know. */
async function leaveUnreadable(items: number): Promise<void> {
  const journal = await Journal.open({
    directory: join(core.directory, 'core', 'engines', 'doors'),
    files: nodeFiles,
    now: () => Date.now(),
    crc32,
    timer: (run, ms) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    segmentBytes: 1 << 20,
    maxBytes: 8 << 20,
    lingerMs: 0,
    mode: 'disk',
    chains: [{ name: 'metric', rank: 0, policy: 'push-back', readers: ['engine'] }],
  });
  await journal.appendDurably('metric', { bytes: Buffer.from('no frame at all'), items, key: 0 });
  await journal.close();
}

async function metricEntry() {
  const { tiers } = await core.get<{ tiers: Ledger[] }>('/api/v1/ledger');
  return tiers.at(-1)!.entries.find((entry) => entry.class === 'metric')!;
}

test('what waits from doors and cannot be read is dropped in the account, for good', async () => {
  // The engine is down: what is lost here is lost without it.
  const section = { metrics: 'victoriametrics', victoriametrics: { addresses: ['http://127.0.0.1:1'] } };
  await core.start(section);
  await core.stop();
  await leaveUnreadable(7);
  for (let start = 0; start < 2; start++) {
    await core.start(section);
    const entry = await metricEntry();
    expect(entry).toMatchObject({ in: { frames: 1, items: 7 }, out: { frames: 0, items: 0 } });
    expect(entry.dropped).toEqual({ undecodable: { frames: 1, items: 7 } });
    expect(imbalance(entry)).toEqual({ frames: 0, items: 0 });
    await core.stop();
  }
});

test('what a store drops after it was promised goes from out to dropped', () => {
  const none = { frames: 0, items: 0 };
  const account = new Account('core', {
    metrics: { samples: 9, repeated: 0, dropped: {}, series: 0, bytes: 0, frames: { written: 3, repeated: 0 } },
    logs: { classes: {} } as never,
    waiting: new Map(),
    aside: { dropped: [], repeated: [] },
  });
  account.dropLater('metric', { reason: 'refused_by_store', frames: 0, items: 2 });
  account.dropLater('metric', { reason: 'corrupt', frames: 1, items: 3 });
  const entry = account.ledger(0).entries.find((one) => one.class === 'metric')!;
  expect(entry).toMatchObject({ in: { frames: 3, items: 9 }, out: { frames: 2, items: 4 } });
  expect(entry.dropped).toEqual({
    refused_by_store: { frames: 0, items: 2 },
    corrupt: { frames: 1, items: 3 },
  });
  expect(imbalance(entry)).toEqual(none);
});
