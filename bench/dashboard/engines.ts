import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { claimPort } from '../../cli/start/ports.ts';
import { openEmbeddedMetricStore } from '../../core/metrics/open.ts';
import type { MetricFrame } from '../../core/ports/frames.ts';
import { createAuthority } from '../../lib/certificates/authority.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { Registry } from '../../lib/metrics.ts';
import { TierProcess } from '../../test/support/tier-process.ts';
import { RemoteWriteBody } from './fast-remote-write.ts';
import { hostSeries, STEP } from './fleet-data.ts';

const run = promisify(execFile);
const script = (name: string) => fileURLToPath(new URL(`../../test/engines/start/${name}`, import.meta.url));
/** Instants a frame, and a request. */
const BATCH = 30;
const BODY_BYTES = 8 << 20;

/** A process that answers Prometheus' query API. */
export interface Engine {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export interface DataShape {
  readonly hosts: number;
  readonly start: number;
  readonly instants: number;
}

/** The data in the embedded store of a core, and a core of its own on it. */
export async function startOurs(directory: string, shape: DataShape): Promise<Engine> {
  const dataDir = join(directory, 'core');
  mkdirSync(dataDir);
  const store = await openEmbeddedMetricStore({
    directory: join(dataDir, 'metrics'),
    retention: { days: 30, maxBytes: Number.MAX_SAFE_INTEGER },
    clock: systemClock,
    log: silentLog,
    registry: new Registry(),
    lingerMs: 0,
  });
  for (const frames of makeFrames(shape)) await store.write(frames);
  await store.close();
  const free = () => claimPort({ option: '', port: 0, what: 'benchmark' });
  const [http, ingest] = [await free(), await free()];
  const authority = await createAuthority(join(directory, 'ca'), Date.now());
  const tls = await authority.issue({ name: 'core-1', role: 'core', hosts: ['127.0.0.1'], days: 2 });
  const config = join(directory, 'core.yaml');
  // Prometheus' own time for a query.
  const listen = { http: { listen: `127.0.0.1:${http}` }, ingest: { listen: `127.0.0.1:${ingest}` } };
  writeFileSync(config, stringify({ name: 'core-1', dataDir, ...listen, tls, query: { timeout: '2m' } }));
  const core = new TierProcess('heliograph.ts', ['core', '--config', config], join(directory, 'core.out'));
  await core.start();
  return { name: 'heliograph', url: `http://127.0.0.1:${http}`, pid: core.pid!, stop: () => core.stop() };
}

/** The same data in a real Prometheus of this machine's own, apart from any other that the scripts started. */
export async function startTheirs(directory: string, shape: DataShape): Promise<Engine> {
  const env = { ...process.env, ENGINES_RUN: join(directory, 'engines') };
  const { stdout } = await run(script('start-prometheus.sh'), { env });
  const url = /^PROMETHEUS_URL=(.*)$/m.exec(stdout)?.[1];
  if (url === undefined) throw new Error(`start-prometheus.sh printed no PROMETHEUS_URL: ${stdout}`);
  const pid = Number(readFileSync(join(env.ENGINES_RUN, 'prometheus.pid'), 'utf8').split(' ')[0]);
  const stop = async () => {
    await run(script('stop.sh'), ['prometheus'], { env });
  };
  try {
    await feed(url, shape);
  } catch (error) {
    await stop();
    throw error;
  }
  return { name: 'Prometheus', url, pid, stop };
}

function* makeFrames({ hosts, start, instants }: DataShape): Generator<MetricFrame[]> {
  const { series, values } = hostSeries();
  const page = { hash: 'd'.repeat(32), series };
  for (let from = 0; from < instants; from += BATCH) {
    const count = Math.min(BATCH, instants - from);
    const times = Float64Array.from({ length: count }, (_, i) => start + (from + i) * STEP);
    yield Array.from({ length: hosts }, (_, host): MetricFrame => {
      const rows = new Float64Array(count * series.length);
      for (let i = 0; i < count; i++) {
        for (let j = 0; j < series.length; j++) rows[i * series.length + j] = values[j]!(host, from + i);
      }
      return {
        id: { host: `h${host}`, boot: '00000001aabbccddeeff0011', class: 'metric', sequence: from / BATCH + 1 },
        relay: 'relay-1',
        created: times.at(-1)!,
        received: times.at(-1)!,
        skew: 0,
        lane: 'live',
        target: { instance: `h${host}`, site: 'north' },
        rows: [{ page, times, values: rows, present: null }],
      };
    });
  }
}

async function feed(url: string, { hosts, start, instants }: DataShape): Promise<void> {
  const { series, values } = hostSeries();
  const body = new RemoteWriteBody();
  const send = async () => {
    if (body.size === 0) return;
    const headers = {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
    };
    const answer = await fetch(`${url}/api/v1/write`, { method: 'POST', headers, body: new Uint8Array(body.take()) });
    if (!answer.ok) throw new Error(`remote write refused: ${answer.status} ${await answer.text()}`);
  };
  for (let from = 0; from < instants; from += BATCH) {
    const count = Math.min(BATCH, instants - from);
    const times = Float64Array.from({ length: count }, (_, i) => start + (from + i) * STEP);
    for (let host = 0; host < hosts; host++) {
      for (const [j, { name, labels }] of series.entries()) {
        const all: [string, string][] = [['__name__', name], ...labels.map(([k, v]): [string, string] => [k, v])];
        all.push(['instance', `h${host}`], ['site', 'north']);
        all.sort(([a], [b]) => (a < b ? -1 : 1));
        body.series(
          all,
          times,
          Float64Array.from({ length: count }, (_, i) => values[j]!(host, from + i)),
        );
      }
      if (body.size > BODY_BYTES) await send();
    }
    await send();
  }
}

/** User and system CPU of a process and its threads, seconds. */
export function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  // Fields 14 and 15 of the whole line, in ticks of 10 ms.
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Resident memory of a process, bytes. */
export function residentOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
}

/** Waits until a process has nothing left to do: compaction after the writes must not count as query time. */
export async function settled(pid: number): Promise<void> {
  for (let quiet = 0; quiet < 4; ) {
    const before = cpuOf(pid);
    await wait(500);
    quiet = cpuOf(pid) - before <= 0.03 ? quiet + 1 : 0;
  }
}
