import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Ledger } from '../lib/ledger.ts';
import { TestCore } from '../test/support/core/core.ts';
import { freePort } from '../test/support/free-port.ts';
import {
  grpcSender,
  httpSender,
  LINE_REQUESTS,
  LINES,
  LOG_LOADS,
  type Load,
  METRIC_LOADS,
  REQUESTS,
  SERIES,
  WARM_UP,
} from './doors/loads.ts';
import type { BenchResult } from './result.ts';

const PROCESS = fileURLToPath(new URL('../test/support/core/core-process.ts', import.meta.url));
/** Linux counts CPU time of a process in hundredths of a second. */
const TICKS_A_SECOND = 100;

/** Each door with a core in a process of its own on embedded stores; four requests under way; bodies are made before the clock starts. */
export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const load of METRIC_LOADS) {
    const cpu = await drive(load, REQUESTS);
    results.push({
      name: `${load.name}, ${SERIES} series a request`,
      value: (cpu / (SERIES * REQUESTS)) * 1e6,
      unit: 'CPU s per million samples',
      note: 'the whole core, the embedded store included',
    });
  }
  for (const load of LOG_LOADS) {
    const cpu = await drive(load, LINE_REQUESTS);
    results.push({
      name: `${load.name}, ${LINES} lines a request`,
      value: (cpu / (LINES * LINE_REQUESTS)) * 1e6,
      unit: 'CPU s per million lines',
      note: 'the whole core, bus and embedded store included',
    });
  }
  return results;
}

async function drive(load: Load, requests: number): Promise<number> {
  const bodies = Array.from({ length: WARM_UP + requests }, (_, i) => load.body(i));
  const made = await TestCore.make();
  const grpc = load.grpc ? { grpc: `127.0.0.1:${await freePort()}` } : {};
  const config = { ...made.config, push: { ...grpc, limits: { requestsPerSecond: 1e6, burst: 1e6 } } };
  const core = fork(PROCESS, [JSON.stringify(config)], { execArgv: ['--disable-warning=ExperimentalWarning'] });
  try {
    const [ports] = (await once(core, 'message')) as [{ http: number }];
    const send = load.grpc ? grpcSender(grpc.grpc!, load.path) : httpSender(`http://127.0.0.1:${ports.http}`, load);
    // The compiler's work and the series' first appearance are not what a sample costs.
    for (const body of bodies.splice(0, WARM_UP)) await send(body);
    const before = cpuSeconds(core);
    let next = 0;
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        while (next < bodies.length) await send(bodies[next++]!);
      }),
    );
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${ports.http}/api/v1/ledger`);
      const { tiers } = (await answer.json()) as { tiers: Ledger[] };
      if (tiers.at(-1)!.entries.every((entry) => entry.queued.frames === 0)) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return cpuSeconds(core) - before;
  } finally {
    core.kill('SIGKILL');
    await made.remove();
  }
}

function cpuSeconds(child: ChildProcess): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}
