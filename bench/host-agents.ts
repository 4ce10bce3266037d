import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { bundleCollector } from '../collector/node/bundle.ts';
import { createAuthority } from '../lib/certificates/authority.ts';
import { progressLine as say } from './end-to-end/progress-line.ts';
import { collectd, collector, type HostAgent, nodeExporter } from './host-agents/agents.ts';
import { fetchedPeers } from './peers/fetched.ts';
import { cpuSecondsOf, peakMemoryOf, residentMemoryOf } from './process/figures.ts';
import type { BenchResult } from './result.ts';

/** HELIOGRAPH_BENCH_SECONDS=600 for figures that count: memory grows into its limits slowly. */
const SECONDS = Number(process.env.HELIOGRAPH_BENCH_SECONDS ?? 120);
/** Started, connected, every series seen once. */
const WARM_MS = 25_000;
const INTERVALS = [10, 1];

/** What looks at a host: our collector, node_exporter with vmagent, and collectd, side by side on this machine, at 10 s and at 1 s. */
export async function run(): Promise<BenchResult[]> {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-host-agents-'));
  const peers = fetchedPeers();
  const running: { agent: HostAgent; interval: number }[] = [];
  try {
    const authority = await createAuthority(join(directory, 'ca'), Date.now());
    const relay = await authority.issue({ name: 'relay-1', role: 'relay', hosts: ['127.0.0.1'], days: 1 });
    const { main: bundle } = await bundleCollector(join(directory, 'bundle'));
    for (const interval of INTERVALS) {
      const place = (name: string) => join(directory, `${name}-${interval}`);
      const host = await authority.issue({ name: `host-${interval}`, role: 'collector', days: 1 });
      running.push({ agent: await collector(place('collector'), interval, bundle, relay, host), interval });
      if (peers === null) continue;
      const programs = { exporter: peers.NODE_EXPORTER!, vmagent: peers.VMAGENT! };
      running.push({ agent: await nodeExporter(place('node'), interval, programs), interval });
      running.push({ agent: await collectd(place('collectd'), interval, peers.COLLECTD_ROOT!), interval });
    }
    await wait(WARM_MS);
    say(`${running.length} agents for ${SECONDS} s`);
    const before = await Promise.all(running.map(({ agent }) => look(agent)));
    await wait(SECONDS * 1_000);
    const results: BenchResult[] = [];
    for (const [i, { agent, interval }] of running.entries()) {
      agent.check();
      const after = await look(agent);
      const an = (value: number) => (value / SECONDS) * 3_600;
      const of = `${agent.name}, every ${interval} s`;
      const ours = agent.name === running[0]!.agent.name;
      const { note } = agent;
      results.push(
        { name: `${of}: CPU`, value: an(after.cpu - before[i]!.cpu), unit: 's an hour', note },
        { name: `${of}: resident`, value: after.resident, unit: 'MiB', ...(ours ? { target: 64 } : {}) },
        { name: `${of}: most resident`, value: after.peak, unit: 'MiB' },
        { name: `${of}: on the wire`, value: (an(after.wire - before[i]!.wire) * 24) / 1e6, unit: 'MB a day' },
      );
    }
    return results;
  } finally {
    for (const { agent } of running) await agent.stop();
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function look({ pids, wireBytes }: HostAgent) {
  const sum = (of: (pid: number) => number) => pids.reduce((total, pid) => total + of(pid), 0);
  return { cpu: sum(cpuSecondsOf), resident: sum(residentMemoryOf), peak: sum(peakMemoryOf), wire: await wireBytes() };
}
