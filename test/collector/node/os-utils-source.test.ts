import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { collectAll } from '../../../collector/core/sources/collect-all.ts';
import { createSourceContext } from '../../../collector/core/sources/context.ts';
import { createNodeHost } from '../../../collector/node/host.ts';
import { machineSources } from '../../../collector/node/machine-sources.ts';
import { osUtilsSource, type Readings, readByOsUtils } from '../../../collector/node/os-utils-source.ts';

function collector(read: () => Promise<Readings>): () => { samples: Map<string, number>; failed: number } {
  const samples = new Map<string, number>();
  const host = createNodeHost({ log: () => undefined });
  const context = createSourceContext(host, '/nowhere', {
    add: (name, labels, value) => void samples.set(`${name} ${labels.join(' ')}`.trim(), value),
  });
  const sources = [osUtilsSource(read)];
  return () => {
    samples.clear();
    const failed = collectAll(sources, context);
    return { samples: new Map(samples), failed };
  };
}

const disk = { device: '/dev/disk1', mountpoint: '/', filesystem: 'apfs', total: 100, used: 30, available: 60 };

it('gives processors and load at once, memory and disks as soon as they were read', async () => {
  const collect = collector(async () => ({ memory: { total: 8, free: 2, available: 5 }, disks: [disk, disk] }));
  const first = collect().samples;
  expect(first.get('node_cpu_seconds_total cpu 0 mode user')).toBeGreaterThan(0);
  expect(first.get('node_load1')).toBeGreaterThanOrEqual(0);
  expect(first.has('node_memory_MemTotal_bytes')).toBe(false);
  await new Promise(setImmediate);
  const { samples, failed } = collect();
  expect(failed).toBe(0);
  expect(samples.get('node_memory_MemAvailable_bytes')).toBe(5);
  expect(samples.get('node_filesystem_free_bytes device /dev/disk1 fstype apfs mountpoint /')).toBe(70);
  expect(samples.get('node_filesystem_avail_bytes device /dev/disk1 fstype apfs mountpoint /')).toBe(60);
});

it('a reading that fails fails one collection, and the last values stay', async () => {
  let broken = false;
  const collect = collector(async () => {
    if (broken) throw new Error('df is not there');
    return { memory: { total: 8, free: 2, available: 5 }, disks: [disk] };
  });
  collect();
  await new Promise(setImmediate);
  broken = true;
  expect(collect().failed).toBe(0);
  await new Promise(setImmediate);
  broken = false;
  const { samples, failed } = collect();
  expect([failed, samples.get('node_memory_MemTotal_bytes')]).toEqual([1, 8]);
  await new Promise(setImmediate);
  expect(collect().failed).toBe(0);
});

it('reads this machine', async () => {
  const { memory, disks } = await readByOsUtils();
  expect(memory.available).toBeGreaterThan(0);
  expect(memory.available).toBeLessThanOrEqual(memory.total);
  expect(disks.find((one) => one.mountpoint === '/')?.total).toBeGreaterThan(0);
});

it('is taken where there is no /proc', async () => {
  expect((await machineSources(join(tmpdir(), 'no-such-root'))).map((source) => source.name)).toEqual([
    'collector',
    'time',
    'os-utils',
  ]);
  expect(
    (await machineSources(join(import.meta.dirname, '../fixtures'), { disabled: ['cpu'] })).map(
      (source) => source.name,
    ),
  ).not.toContain('cpu');
});
