import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEmbeddedLogStore } from '../../core/logs/open.ts';
import { openEmbeddedMetricStore } from '../../core/metrics/open.ts';
import { silentLog } from '../../lib/log.ts';
import { Registry } from '../../lib/metrics.ts';
import { exportLines } from '../contracts/log-frames.ts';
import { gather } from '../contracts/metric-frames.ts';
import { NOW } from './metrics/crash-frames.ts';

const base = { clock: { now: () => NOW, mono: () => performance.now() }, log: silentLog };

/** Runs a writer in a shell whose files may have at most so many blocks of 512 bytes; every write beyond fails. */
function withSmallFiles<T>(blocks: number, writer: string, directory: string): T {
  const file = new URL(writer, import.meta.url).pathname;
  const out = execFileSync('sh', ['-c', `ulimit -f ${blocks}; exec "$0" "$1" "$2"`, process.execPath, file, directory]);
  return JSON.parse(out.toString()) as T;
}

test('metrics: a write that the disk refuses is an error, comes again as new, and leaves every other sample whole', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-full-'));
  try {
    const met = withSmallFiles<{ codes: string[]; repeated: number; totals: object }>(
      600,
      './metrics/full-disk-writer.ts',
      directory,
    );
    expect(met.codes.length).toBeGreaterThan(0);
    expect(new Set(met.codes)).toEqual(new Set(['HG_STORE_DISK']));
    expect(met.repeated).toBe(0);
    expect(met.totals).toMatchObject({ samples: 60_000, repeated: 0, frames: { written: 1_500, repeated: 0 } });
    const store = await openEmbeddedMetricStore({
      ...base,
      directory,
      retention: { days: 30, maxBytes: 1e10 },
      registry: new Registry(),
    });
    const all = await gather(store.export([], 0, NOW));
    expect(all.reduce((sum, one) => sum + one.times.length, 0)).toBe(60_000);
    expect(await store.sequences()).toMatchObject([{ ranges: [[1, 1_500]] }]);
    await store.close();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('logs: an append that the disk refuses is an error and leaves nothing; what was taken before is there', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-full-'));
  try {
    const met = withSmallFiles<{ last: number; code: string; second: number }>(
      2_000,
      './logs/full-disk-writer.ts',
      directory,
    );
    expect(met).toMatchObject({ code: 'HG_STORE_DISK', second: 0 });
    expect(met.last).toBeGreaterThan(5);
    const store = await openEmbeddedLogStore({
      ...base,
      directory,
      retention: { days: 15, maxBytes: 1e10 },
      registry: new Registry(),
    });
    const stored = Number((await store.positions())['logs.log']);
    // The second try may have found room.
    expect(stored).toBeGreaterThanOrEqual(met.last);
    expect(await store.sequences()).toMatchObject([{ ranges: [[1, stored]] }]);
    expect(new Set((await exportLines(store)).map((line) => line.id)).size).toBe(stored * 7);
    expect((await exportLines(store)).length).toBe(stored * 7);
    await store.close();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
