import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { compress } from 'snappy';
import { claimPort } from '../../cli/start/ports.ts';
import { RemoteWriteBody } from '../dashboard/fast-remote-write.ts';
import { type Load, WARM_UP } from '../doors/loads.ts';
import { figureOf, pageOf } from '../end-to-end/snapshot.ts';
import { startSink } from '../end-to-end/store.ts';
import { cpuSecondsOf, peakMemoryOf } from '../process/figures.ts';
import { Daemon } from './daemon.ts';
import { findProgram, skipped } from './program.ts';

const AT_ONCE = 8;
const DEADLINE_MS = 120_000;

export interface VmagentFigures {
  /** CPU s per million samples. */
  readonly cpu: number;
  /** On the wire to it, and from it to the store. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly memory: number;
}

/** What is sent to vmagent. */
interface VmagentLoad {
  readonly path: string;
  readonly headers: Record<string, string>;
  /** Of each request. */
  readonly samples: number;
  /** Its caches know the series after these, as they would after a minute. */
  readonly warm: readonly Buffer[];
  readonly all: readonly Buffer[];
}

/** Requests of one host each, as its agent would push them, through vmagent into the sink; null where there is no vmagent. */
export async function vmagentFigures(
  hosts: number,
  series: number,
  instants: number,
  samples: number,
): Promise<VmagentFigures | null> {
  const requests = Math.ceil(samples / (series * instants));
  return figuresOf(async () => ({
    path: '/api/v1/write',
    headers: {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
    },
    samples: series * instants,
    warm: await bodies(hosts, series, instants, 0, hosts),
    all: await bodies(hosts, series, instants, 1, requests),
  }));
}

/** Requests of a load of the doors' bench, through vmagent into the sink; null where there is no vmagent. @param samples of each request */
export function vmagentOfLoad(
  { path, headers, body }: Pick<Load, 'path' | 'headers' | 'body'>,
  samples: number,
  requests: number,
): Promise<VmagentFigures | null> {
  const made = (from: number, count: number) => Array.from({ length: count }, (_, i) => body(from + i));
  return figuresOf(async () => ({ path, headers, samples, warm: made(0, WARM_UP), all: made(WARM_UP, requests) }));
}

/** @param make called when there is a vmagent */
async function figuresOf(make: () => Promise<VmagentLoad>): Promise<VmagentFigures | null> {
  const engines = process.env.ENGINES_HOME ?? join(process.env.HOME ?? '', '.cache', 'heliograph-engines');
  const program = findProgram('vmagent', [join(engines, 'victoria-metrics-deb', 'usr', 'bin')]);
  if (program === null) return skipped('vmagent', 'test/engines/start/start-victoria-metrics.sh fetches it');
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-bench-vmagent-'));
  const sink = await startSink();
  const port = await claimPort({ option: '', port: 0, what: 'bench' });
  const agent = new Daemon(program, [
    `-httpListenAddr=127.0.0.1:${port}`,
    `-remoteWrite.url=${sink.url}/api/v1/write`,
    `-remoteWrite.tmpDataPath=${directory}`,
    '-loggerLevel=WARN',
  ]);
  try {
    await agent.listens(port);
    const stored = async () => figureOf(await pageOf(new URL(`${sink.url}/metrics`)), 'vm_rows_inserted_total');
    const arrived = async (count: number) => {
      for (const until = performance.now() + DEADLINE_MS; (await stored()) < count; await wait(50)) {
        agent.check();
        if (performance.now() > until) throw new Error(`${await stored()} of ${count} samples came through vmagent`);
      }
    };
    const load = await make();
    const { samples, warm, all } = load;
    const url = `http://127.0.0.1:${port}${load.path}`;
    await push(url, load.headers, warm);
    await arrived(warm.length * samples);
    const before = cpuSecondsOf(agent.pid);
    const sent = figureOf(await pageOf(new URL(`${sink.url}/metrics`)), 'sink_bytes_total');
    await push(url, load.headers, all);
    await arrived((warm.length + all.length) * samples);
    const cpu = cpuSecondsOf(agent.pid) - before;
    const bytes = figureOf(await pageOf(new URL(`${sink.url}/metrics`)), 'sink_bytes_total') - sent;
    const count = all.length * samples;
    return {
      cpu: (cpu / count) * 1e6,
      bytesIn: all.reduce((sum, { length }) => sum + length, 0) / count,
      bytesOut: bytes / count,
      memory: peakMemoryOf(agent.pid),
    };
  } finally {
    await agent.stop();
    await sink.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** `count` requests, one host after the other: the series and steps of the relay's benchmark. */
async function bodies(
  hosts: number,
  series: number,
  instants: number,
  round: number,
  count: number,
): Promise<Buffer[]> {
  const made: Buffer[] = [];
  const start = Date.now() - 3_600_000;
  const body = new RemoteWriteBody();
  for (let i = 0; i < count; i++) {
    const step = (round + Math.floor(i / hosts)) * instants;
    for (let s = 0; s < series; s++) {
      const labels = [
        ['__name__', 'node_test_total'],
        ['device', `d${String(s).padStart(4, '0')}`],
        ['instance', `h${i % hosts}`],
        ['site', 'north'],
      ] as const;
      const times = Float64Array.from({ length: instants }, (_, at) => start + (step + at) * 1_000);
      // Every series moves at every instant, as in the relay's own benchmark.
      const values = times.map((_, at) => s * 1_000 + (step + at) * 25 + ((s * 13 + at) % 50));
      body.series(labels, times, values);
    }
    made.push((await compress(body.plain())) as Buffer);
  }
  return made;
}

async function push(url: string, headers: Record<string, string>, all: readonly Buffer[]): Promise<void> {
  let next = 0;
  const one = async () => {
    while (next < all.length) {
      const answer = await fetch(url, { method: 'POST', headers, body: all[next++]! });
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`vmagent answers ${answer.status}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}
