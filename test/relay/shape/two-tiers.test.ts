import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LedgerEntry } from '../../../lib/ledger.ts';
import { encodeFrame } from '../../../proto/frame.ts';
import { LogFrameBuilder } from '../../../proto/log-builder.ts';
import { TwoTiers } from '../../support/two-tiers.ts';
import { until } from '../../support/until.ts';
import { samplesFrame, sentPage } from '../rollup/samples.ts';
import { header } from '../setup.ts';

interface CoreLedger {
  balanced: boolean;
  tiers: { tier: string; entries: LedgerEntry[] }[];
}

let tiers: TwoTiers;
beforeAll(async () => {
  // The rules of the worked example in docs/relabel-relay.md.
  const relabel = [
    { source_labels: ['__name__'], regex: 'unwanted', action: 'drop' },
    { source_labels: ['__name__'], regex: 'old', target_label: '__name__', replacement: 'new' },
  ];
  tiers = await TwoTiers.open({
    core: {},
    relay: { relabel, relabelLogs: [{ source_labels: ['service.name'], regex: 'noise', action: 'drop' }] },
  });
});
afterAll(() => tiers.close());

const page = sentPage([
  { name: 'kept', labels: { code: '1' } },
  { name: 'old', labels: { code: '2' } },
  { name: 'unwanted' },
]);

test('a core stores what the rules left, under the labels that it gives every series, and the accounts agree', async () => {
  const now = Date.now();
  for (const name of ['h1', 'h2']) {
    const host = await tiers.connect(name);
    await host.define(page.content);
    for (const sequence of [1, 2]) {
      const frame = samplesFrame(page, sequence, [[now - 2000 + sequence, sequence, sequence * 10, 7]]);
      await host.send('metric', { frame } as never);
    }
  }
  const entry = await until('all acknowledged', async () => {
    const ledger = await tiers.relayLedger('metric');
    return ledger.in.frames === 4 && ledger.queued.frames === 0 ? ledger : null;
  });
  expect(entry.out).toEqual({ frames: 4, items: 8 });
  expect(entry.dropped).toEqual({ relabelled: { frames: 0, items: 4 } });
  const { data } = await tiers.core.get<{ data: Record<string, string>[] }>('/api/v1/series', {
    'match[]': '{instance=~"h.*"}',
  });
  const want = ['h1', 'h2'].flatMap((instance) => [
    { __name__: 'kept', code: '1', instance, site: 'north' },
    { __name__: 'new', code: '2', instance, site: 'north' },
  ]);
  expect(data.filter(({ __name__ }) => ['kept', 'new', 'old', 'unwanted'].includes(__name__!))).toHaveLength(4);
  for (const series of want) expect(data).toContainEqual(series);
  const found = await tiers.core.get<{ data: { result: { value: [number, string] }[] } }>('/api/v1/query', {
    query: 'sum(new)',
    time: String(now / 1000),
  });
  expect(found.data.result[0]!.value[1]).toBe('40');
  await until('the relay told the core its account', async () =>
    JSON.stringify(await tiers.core.get('/api/v1/ledger')).includes('"relabelled":{"frames":0,"items":4}'),
  );
});

test('a frame of which no line is left is taken by the core, and the lines after it are stored', async () => {
  const host = await tiers.connect('h3');
  const builder = new LogFrameBuilder();
  for (const [i, service] of ['noise', 'shop'].entries()) {
    builder.add(Date.now(), 'info', service, `line of ${service}`);
    const head = header(i + 1, { class: 'log', kind: 'logs', count: 1 });
    await host.send('log', { frame: encodeFrame(head, builder.encode()) } as never);
  }
  const entry = await until('all acknowledged', async () => {
    const ledger = await tiers.relayLedger('log');
    return ledger.in.frames === 2 && ledger.queued.frames === 0 ? ledger : null;
  });
  expect(entry.out).toEqual({ frames: 2, items: 1 });
  expect(entry.dropped).toEqual({ relabelled: { frames: 0, items: 1 } });
  const core = await until('the accounts', async () => {
    const ledger = await tiers.core.get<CoreLedger>('/api/v1/ledger');
    const found = ledger.tiers.find(({ tier }) => tier === 'core')!.entries.find((one) => one.class === 'log')!;
    return found.out.items === 1 ? { ...found, balanced: ledger.balanced } : null;
  });
  expect(core).toMatchObject({ in: { items: 1 }, dropped: {}, balanced: true });
});
