import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { after } from '../lib/after.ts';
import type { JournalOptions } from '../lib/journal/contract.ts';
import { Journal } from '../lib/journal/journal.ts';
import { nodeFiles } from '../lib/node-files.ts';
import type { BenchResult } from './result.ts';

const RECORD_BYTES = 1200;
const SECONDS = 4;
const TICK_MS = 2;

function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

function options(directory: string): JournalOptions {
  return {
    directory,
    files: nodeFiles,
    chains: [{ name: 'metric', rank: 1, policy: 'push-back', readers: ['forward'] }],
    now: () => Date.now(),
    crc32,
    timer: after,
    segmentBytes: 64 * 1024 * 1024,
    maxBytes: 4 * 1024 * 1024 * 1024,
    lingerMs: 3,
    mode: 'disk',
  };
}

/** Appends at a steady rate on the real disk, reads and acknowledges all of it beside that, and measures the process' CPU. */
async function atRate(rate: number, target: number): Promise<BenchResult[]> {
  const directory = await mkdtemp(join(tmpdir(), 'heliograph-bench-journal-'));
  const journal = await Journal.open(options(directory));
  const reader = journal.reader('metric', 'forward');
  const bytes = new Uint8Array(RECORD_BYTES).map((_, i) => i * 7);
  const total = rate * SECONDS;
  const waits = new Float64Array(total);
  let sent = 0;
  let durable = 0;
  let writeCpu = 0;
  let position = 0;
  const started = performance.now();
  const cpu = process.cpuUsage();
  const drain = async () => {
    while (position < journal.end('metric') || durable < total) {
      const { records, next } = await reader.read(position, 1024 * 1024);
      for (const record of records) reader.acknowledge(record, 'out');
      position = next;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const append = new Promise<void>((resolve, reject) => {
    const tick = () => {
      const due = Math.min(total, Math.floor(((performance.now() - started) / 1000) * rate));
      for (; sent < due; sent++) {
        const at = performance.now();
        journal.append('metric', { bytes, items: 100, key: sent }, (error) => {
          if (error) reject(error);
          waits[durable++] = performance.now() - at;
          if (durable === total) resolve();
        });
      }
      if (sent < total) setTimeout(tick, TICK_MS);
    };
    tick();
  });
  await Promise.all([append, drain()]);
  const used = process.cpuUsage(cpu);
  writeCpu = (used.user + used.system) / total;
  await journal.close();
  await rm(directory, { recursive: true, force: true });
  waits.sort();
  const name = `journal, ${rate.toLocaleString('en')} records/s of 1.2 KB`;
  const note =
    'append, fsync, read back and acknowledge; CPU of the whole process, the generator and kernel time included; linger 3 ms';
  return [
    { name: `${name}: CPU per record`, value: writeCpu, unit: 'us', target, note },
    { name: `${name}: durable after, p50`, value: percentile(waits, 0.5), unit: 'ms' },
    { name: `${name}: durable after, p99`, value: percentile(waits, 0.99), unit: 'ms' },
  ];
}

/** How long a start takes over a backlog of 1 GB in 16 segments: all headers, and every byte of the newest. */
async function recovery(): Promise<BenchResult[]> {
  const directory = await mkdtemp(join(tmpdir(), 'heliograph-bench-journal-'));
  let journal = await Journal.open(options(directory));
  const bytes = new Uint8Array(64 * 1024).map((_, i) => i * 7);
  const waiting: Promise<number>[] = [];
  for (let key = 0; key < 16_000; key++) {
    waiting.push(journal.appendDurably('metric', { bytes, items: 100, key }));
    if (waiting.length === 64) await Promise.all(waiting.splice(0));
  }
  await Promise.all(waiting);
  await journal.close();
  const started = performance.now();
  journal = await Journal.open(options(directory));
  const value = performance.now() - started;
  await journal.close();
  await rm(directory, { recursive: true, force: true });
  return [{ name: 'journal, start over 1 GB in 16 segments', value, unit: 'ms' }];
}

export async function run(): Promise<BenchResult[]> {
  return [...(await atRate(5_000, 30)), ...(await atRate(40_000, 10)), ...(await recovery())];
}
