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
import { until } from '../test/support/until.ts';
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

/** What blocks are made of. */
export interface Fleet {
  readonly hosts: number;
  readonly series: number;
  /** Instants of a frame. */
  readonly instants: number;
  /** Frames of a block, each of another host. */
  readonly frames: number;
  readonly blocks: number;
  /** So many of the blocks before the clock starts: what is seen for the first time costs more. */
  readonly warm?: number;
  /** Each host has a base row of its own, as collectors make them, and stands in the relay's report. */
  readonly bases?: boolean;
}

/** A frame of each of 200 hosts a block: what most figures here are of. */
export const SMALL = { hosts: HOSTS, series: SERIES, frames: HOSTS };

/** Blocks of such a fleet, one host after the other, through a core whose configuration has `changes`: CPU and time of the core, and how many samples. */
export async function metricBlocks(
  fleet: Fleet,
  changes: object = {},
): Promise<{ seconds: number; cpu: number; samples: number; metrics: string }> {
  const { series, instants, frames, blocks, warm = 0, bases = false } = fleet;
  const hosts = Array.from({ length: fleet.hosts }, (_, i) => new TestHost(`host-${i}`));
  const page = hosts[0]!.page(
    Array.from({ length: series }, (_, i) => ({ name: `metric_${i}`, labels: { job: 'node', device: `d${i}` } })),
  );
  const rounds = Math.ceil((blocks * frames) / hosts.length);
  const start = Math.floor(Date.now() / 1000) * 1000 - rounds * instants * 1000;
  // One value in five moves.
  const valuesOf = (host: number, step: number) =>
    Array.from({ length: series }, (_, s) => s * 10 + (bases ? host % 1_000 : 0) + (s % 5 === 0 ? step : 0));
  const baseOf = hosts.map((host, h) => {
    const values = valuesOf(h, 0);
    return bases ? { definition: host.base(page, values), values } : null;
  });
  const payloads = Array.from({ length: blocks }, (_, block) => {
    const entries = Array.from({ length: frames }, (_, f) => {
      const place = block * frames + f;
      const host = place % hosts.length;
      const step = Math.floor(place / hosts.length) * instants;
      const rows = Array.from(
        { length: instants },
        (_, i) => [start + (step + i) * 1000, valuesOf(host, step + i)] as const,
      );
      return hosts[host]!.metrics(page, rows, baseOf[host]);
    });
    return pack('metric', entries);
  });
  const samples = frames * series * instants * (blocks - warm);
  const prepare = (relay: TestRelay) => {
    relay.define('host-0', page);
    if (!bases) return;
    relay.fleet(
      hosts.map(({ name }) => ({ host: name })),
      true,
    );
    for (const [h, base] of baseOf.entries()) relay.define(hosts[h]!.name, base!.definition);
  };
  return { samples, ...(await drive('metric', payloads, prepare, changes, warm)) };
}

async function metrics(instants: number, blocks: number): Promise<BenchResult[]> {
  const { seconds, cpu, samples } = await metricBlocks({ ...SMALL, instants, blocks });
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

/** Sends all blocks at once, as far as the core lets it, and waits until the last item is in its store. The first `warm` of them before the clock starts. */
async function drive(
  dataClass: DataClass,
  payloads: readonly Uint8Array[],
  prepare: (relay: TestRelay) => void,
  changes: object = {},
  warm = 0,
): Promise<{ seconds: number; cpu: number; metrics: string }> {
  const made = await TestCore.make();
  const core = fork(PROCESS, [JSON.stringify({ ...made.config, ...changes })], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  try {
    const [ports] = (await once(core, 'message')) as [{ ingest: number; http: number }];
    const relay = await new TestRelay(ports.ingest, 'relay-1', await made.issue('relay-1', 'relay')).hello();
    prepare(relay);
    // An engine is looked at first; until then its blocks are refused, to come again.
    await until('the core is well', async () => (await fetch(`http://127.0.0.1:${ports.http}/healthz`)).ok);
    await send(relay, dataClass, payloads.slice(0, warm));
    const before = cpuSeconds(core);
    const began = performance.now();
    await send(relay, dataClass, payloads.slice(warm));
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

async function send(relay: TestRelay, dataClass: DataClass, payloads: readonly Uint8Array[]): Promise<void> {
  const ids = payloads.map((payload) => relay.payload(dataClass, payload));
  for (const id of ids) {
    const answer = await relay.answer(id, 120_000);
    if (answer.kind !== 'acknowledged') throw new Error(`block ${id}: ${answer.code}`);
  }
}

function cpuSeconds(child: ChildProcess): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}
