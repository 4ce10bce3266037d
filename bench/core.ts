import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { zstdCompressSync } from 'node:zlib';
import type { Ledger } from '../lib/ledger.ts';
import { type BlockEntry, encodeBlock } from '../proto/block.ts';
import type { DataClass } from '../proto/class.ts';
import { TestCore } from '../test/support/core/core.ts';
import { TestHost } from '../test/support/core/host.ts';
import { TestRelay } from '../test/support/core/relay.ts';
import type { BenchResult } from './result.ts';

const PROCESS = fileURLToPath(new URL('../test/support/core/core-process.ts', import.meta.url));
const HOSTS = 200;
const SERIES = 250;
/** Linux counts CPU time of a process in hundredths of a second. */
const TICKS_A_SECOND = 100;

/** A core in a process of its own on embedded stores, a relay made by hand before it; blocks are made before the clock starts. */
export async function run(): Promise<BenchResult[]> {
  return [...(await metrics(1, 60)), ...(await metrics(10, 20)), ...(await lines(200, 20))];
}

/** Blocks of 200 hosts, a frame each, through a core whose configuration has `changes`: CPU and time of the core, and how many samples. */
export async function metricBlocks(
  instants: number,
  blocks: number,
  changes: object = {},
): Promise<{ seconds: number; cpu: number; samples: number; metrics: string }> {
  const hosts = Array.from({ length: HOSTS }, (_, i) => new TestHost(`host-${i}`));
  const page = hosts[0]!.page(
    Array.from({ length: SERIES }, (_, i) => ({ name: `metric_${i}`, labels: { job: 'node', device: `d${i}` } })),
  );
  const start = Math.floor(Date.now() / 1000) * 1000 - blocks * instants * 1000;
  const payloads = Array.from({ length: blocks }, (_, block) => {
    const entries = hosts.map((host) =>
      host.metrics(
        page,
        Array.from({ length: instants }, (_, i) => {
          const step = block * instants + i;
          // One value in five moves.
          return [
            start + step * 1000,
            Array.from({ length: SERIES }, (_, s) => s * 10 + (s % 5 === 0 ? step : 0)),
          ] as const;
        }),
      ),
    );
    return pack('metric', entries);
  });
  const samples = HOSTS * SERIES * instants * blocks;
  return { samples, ...(await drive('metric', payloads, (relay) => relay.define('host-0', page), changes)) };
}

async function metrics(instants: number, blocks: number): Promise<BenchResult[]> {
  const { seconds, cpu, samples } = await metricBlocks(instants, blocks);
  const name = `core, blocks to queryable, ${instants} instant${instants === 1 ? '' : 's'} a frame of ${SERIES} series`;
  return [
    { name, value: (cpu / samples) * 1e6, unit: 'CPU s per million samples', note: 'the embedded store included' },
    { name, value: samples / seconds, unit: 'samples/s', note: 'relay and core share the machine' },
  ];
}

async function lines(perFrame: number, blocks: number): Promise<BenchResult[]> {
  const hosts = Array.from({ length: 50 }, (_, i) => new TestHost(`host-${i}`));
  const start = Date.now() - 60_000;
  let count = 0;
  const payloads = Array.from({ length: blocks }, () =>
    pack(
      'log',
      hosts.map((host) =>
        host.lines(
          'log',
          Array.from({ length: perFrame }, () => {
            const id = count++;
            const message = `payment of order ${id * 7919} for user ${(id * 104729) % 65_521} took ${id % 977} ms, retry ${id % 3} through upstream pool ${id % 31}`;
            return {
              time: start + (id % 50_000),
              service: `service-${id % 20}`,
              message,
              fields: { trace: id.toString(36) },
            };
          }),
        ),
      ),
    ),
  );
  const { seconds, cpu } = await drive('log', payloads, () => undefined);
  const name = `core, blocks to searchable, ${perFrame} lines a frame`;
  return [
    { name, value: (cpu / count) * 1e6, unit: 'CPU s per million lines', note: 'bus and embedded store included' },
    { name, value: count / seconds, unit: 'lines/s', target: 20_000 },
  ];
}

function pack(dataClass: DataClass, entries: readonly BlockEntry[]): Uint8Array {
  return encodeBlock(dataClass, 'relay-1', entries, (bytes) => zstdCompressSync(bytes));
}

/** Sends all blocks at once, as far as the core lets it, and waits until the last item is in its store. */
async function drive(
  dataClass: DataClass,
  payloads: readonly Uint8Array[],
  prepare: (relay: TestRelay) => void,
  changes: object = {},
): Promise<{ seconds: number; cpu: number; metrics: string }> {
  const made = await TestCore.make();
  const core = fork(PROCESS, [JSON.stringify({ ...made.config, ...changes })], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  try {
    const [ports] = (await once(core, 'message')) as [{ ingest: number; http: number }];
    const relay = await new TestRelay(ports.ingest, 'relay-1', await made.issue('relay-1', 'relay')).hello();
    prepare(relay);
    const before = cpuSeconds(core);
    const began = performance.now();
    const ids = payloads.map((payload) => relay.payload(dataClass, payload));
    for (const id of ids) {
      const answer = await relay.answer(id, 120_000);
      if (answer.kind !== 'acknowledged') throw new Error(`block ${id}: ${answer.code}`);
    }
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${ports.http}/api/v1/ledger`);
      const { tiers } = (await answer.json()) as { tiers: Ledger[] };
      if (tiers.at(-1)!.entries.every((entry) => entry.queued.frames === 0)) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const seconds = (performance.now() - began) / 1000;
    const cpu = cpuSeconds(core) - before;
    relay.close();
    const metrics = await (await fetch(`http://127.0.0.1:${ports.http}/metrics`)).text();
    return { seconds, cpu, metrics };
  } finally {
    core.kill('SIGKILL');
    await made.remove();
  }
}

function cpuSeconds(child: ChildProcess): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}
