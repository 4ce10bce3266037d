import { zstdDecompressSync } from 'node:zlib';
import { uncompressSync } from 'snappy';
import { expect, test } from 'vitest';
import { imbalance, type Ledger } from '../../../lib/ledger.ts';
import { TestCore } from '../../support/core/core.ts';
import { TestHost } from '../../support/core/host.ts';
import { FaultyProxy } from '../../support/faulty-proxy.ts';
import { until } from '../../support/until.ts';
import { VictoriaMetricsUnderTest } from './under-test.ts';

const vm = new VictoriaMetricsUnderTest().share();

test('a core on it: a relay is acknowledged when the samples are safe, a door at once, and the account balances', async () => {
  const core = await TestCore.make();
  try {
    await core.start({
      metrics: 'victoriametrics',
      victoriametrics: { addresses: [vm.shared.values.VICTORIA_METRICS_URL] },
    });
    const relay = await (await core.relay()).hello('north');
    const host = new TestHost('core-host');
    const cpu = host.page([{ name: 'node_load1' }]);
    relay.define(host.name, cpu);
    const started = performance.now();
    const now = Date.now();
    // More blocks than may be worked on at once: those that only wait for the engine's disk hold up nobody.
    const blocks = Array.from({ length: 30 }, (_, i) => relay.block('metric', [host.metrics(cpu, [[now - i, [i]]])]));
    await until('all are queryable', async () => {
      const { data } = await core.get<{ data: { result: { value: [number, string] }[] } }>('/api/v1/query', {
        query: 'count_over_time(node_load1{instance="core-host"}[1m])',
      });
      return data.result[0]?.value[1] === '30';
    });
    expect(relay.answers.size).toBe(0);
    const body = JSON.stringify({ metrics: [{ name: 'orders_total', value: 7 }] });
    const pushed = await fetch(core.url('/v1/ingest'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(pushed.status).toBe(200);
    // The push was answered while the blocks still waited.
    expect(relay.answers.size).toBe(0);
    for (const block of blocks) expect(await relay.answer(block, 40_000)).toEqual({ kind: 'acknowledged' });
    expect(performance.now() - started).toBeGreaterThan(15_000);
    const freshness = await core.get<{ sentToQueryable: { count: number; max: number } }>('/api/v1/freshness');
    expect(freshness.sentToQueryable.count).toBe(30);
    expect(freshness.sentToQueryable.max).toBeLessThan(10);
    const { tiers } = await core.get<{ tiers: Ledger[] }>('/api/v1/ledger');
    const entry = tiers.at(-1)!.entries.find((one) => one.class === 'metric')!;
    expect(imbalance(entry)).toEqual({ frames: 0, items: 0 });
    expect(entry.out).toEqual({ frames: 31, items: 31 });
  } finally {
    await core.remove();
  }
});

/** As the engine would: it is asked first whether it takes zstd. */
function unpacked(body: Buffer): Buffer {
  const zstd = body.length >= 4 && body.readUInt32LE(0) === 0xfd2fb528;
  return zstd ? zstdDecompressSync(body) : (uncompressSync(body) as Buffer);
}

test('what the engine refuses of a door after its answer is dropped in the running account, as it is after a restart', async () => {
  const proxy = await FaultyProxy.open(vm.shared.values.VICTORIA_METRICS_URL!);
  const core = await TestCore.make();
  try {
    proxy.fault = (path, body) =>
      path === '/api/v1/write' && unpacked(body).includes('poison') ? { status: 400, body: 'bad label' } : null;
    const section = { metrics: 'victoriametrics', victoriametrics: { addresses: [proxy.url] } };
    await core.start(section);
    const metrics = ['good', 'poison'].map((name) => ({ name: `door_${name}`, value: 7 }));
    const pushed = await fetch(core.url('/v1/ingest'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ metrics }),
    });
    expect(pushed.status).toBe(200);
    const entry = async () => {
      const { tiers } = await core.get<{ tiers: Ledger[] }>('/api/v1/ledger');
      return tiers.at(-1)!.entries.find((one) => one.class === 'metric')!;
    };
    const after = await until(
      'it is refused',
      async () => {
        const seen = await entry();
        return seen.dropped.refused_by_store ? seen : null;
      },
      { withinMs: 60_000 },
    );
    expect(after.dropped).toEqual({ refused_by_store: { frames: 0, items: 1 } });
    expect(after.out).toEqual({ frames: 1, items: 1 });
    expect(imbalance(after)).toEqual({ frames: 0, items: 0 });
    await core.stop();
    await core.start(section);
    expect(await entry()).toEqual(after);
  } finally {
    await core.remove();
    await proxy.close();
  }
});
