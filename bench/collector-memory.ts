import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bundleCollector } from '../collector/node/bundle.ts';
import { SMALL_ENVIRONMENT, SMALL_FLAGS } from '../collector/node/small-process.ts';
import { createAuthority } from '../lib/certificates/authority.ts';
import { startBroker } from '../test/support/broker.ts';
import { writeCollectorConfig } from './collector/config-file.ts';
import type { BenchResult } from './result.ts';

const MAIN = fileURLToPath(new URL('../collector/node/main.ts', import.meta.url));
/** HELIOGRAPH_BENCH_SECONDS=600 for the figure that counts: memory grows into its limits slowly. */
const SECONDS = Number(process.env.HELIOGRAPH_BENCH_SECONDS ?? 20);
/** Resident bytes of a process: now, the most there ever was, and now without the pages of program files, which others share. */
function resident(child: ChildProcess): { now: number; peak: number; own: number } {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
  return { now: kib('VmRSS') * 1024, peak: kib('VmHWM') * 1024, own: kib('RssAnon') * 1024 };
}

/** CPU seconds of a process, user and system, at 100 ticks a second. */
function cpuSeconds(child: ChildProcess): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function measure(
  name: string,
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  directory: string,
): Promise<BenchResult[]> {
  const authority = await createAuthority(join(directory, 'ca'), Date.now());
  const relay = await authority.issue({ name: 'relay-1', role: 'relay', hosts: ['127.0.0.1'], days: 1 });
  const host = await authority.issue({ name: 'host-1', role: 'collector', days: 1 });
  const broker = await startBroker(relay);
  const log = join(directory, 'logs', 'app.log');
  mkdirSync(join(directory, 'logs'));
  const config = writeCollectorConfig(directory, broker.port, host, {
    interval: '1s',
    logs: [{ paths: [log] }],
    logBatchBytes: '64KiB',
  });
  const child = spawn(process.execPath, [...command, config], {
    stdio: ['ignore', 'ignore', 'ignore'],
    env: { ...process.env, ...environment },
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    await wait(3000);
    const before = cpuSeconds(child);
    for (let second = 3; second < SECONDS; second++) {
      let text = '';
      for (let i = 0; i < 20; i++) text += `${new Date().toISOString()} INFO request ${second * 20 + i} took ${i} ms\n`;
      appendFileSync(log, text);
      await wait(1000);
    }
    const memory = resident(child);
    const samples = broker.received.filter(({ topic }) => topic.endsWith('/metric')).length;
    if (samples < SECONDS / 2) throw new Error(`${name} sent ${samples} frames in ${SECONDS} s`);
    const note = `${SECONDS} s, a collection and 20 lines every second, ${samples} frames`;
    return [
      { name: `${name}: resident`, unit: 'MiB', value: memory.now / 2 ** 20, target: 64, note },
      { name: `${name}: resident without program files`, unit: 'MiB', value: memory.own / 2 ** 20 },
      { name: `${name}: most resident`, unit: 'MiB', value: memory.peak / 2 ** 20 },
      {
        name: `${name}: CPU at one collection a second`,
        unit: 's an hour',
        value: ((cpuSeconds(child) - before) / (SECONDS - 3)) * 3600,
      },
    ];
  } finally {
    child.kill('SIGTERM');
    await ended;
    await broker.close();
  }
}

/** The collector as it stands, and bundled into one file with V8 told to stay small. */
export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-memory-'));
  try {
    const { main: bundle } = await bundleCollector(join(directory, 'bundle'));
    const variants: [string, string[], Record<string, string>][] = [
      ['plain', [MAIN], {}],
      ['bundled', [bundle], {}],
      ['bundled with flags', [...SMALL_FLAGS, bundle], SMALL_ENVIRONMENT],
    ];
    for (const [name, command, environment] of variants) {
      const own = mkdtempSync(join(directory, 'run-'));
      results.push(...(await measure(name, command, environment, own)));
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return results;
}
