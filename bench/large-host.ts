import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collectAll } from '../collector/core/sources/collect-all.ts';
import { createSourceContext } from '../collector/core/sources/context.ts';
import { hostSources } from '../collector/core/sources/host-sources.ts';
import { createNodeHost } from '../collector/node/host.ts';
import { freePort } from '../test/support/free-port.ts';
import { type LargeHost, writeLargeHost } from './large-host/tree.ts';
import { Daemon } from './peers/daemon.ts';
import { fetchedPeers } from './peers/fetched.ts';
import { cpuSecondsOf } from './process/figures.ts';
import type { BenchResult } from './result.ts';

const SIZE: LargeHost = { processors: 256, interfaces: 1_000, disks: 1_500, mounts: 10_000, sockets: 20_000 };
const PASSES = 10;
/** Until the code is compiled and what does not change has been read. */
const WARM = 3;

/** One look at a machine that is large in everything, by our sources and by Debian's node_exporter: /proc and /sys are files here, so that both pay for reading and parsing alone. */
export async function run(): Promise<BenchResult[]> {
  const root = mkdtempSync(join(tmpdir(), 'heliograph-large-host-'));
  try {
    writeLargeHost(root, SIZE);
    let series = 0;
    const host = createNodeHost({ log: (_, message, facts) => console.error(message, facts) });
    const context = createSourceContext(host, root, { add: () => void series++ });
    const sources = hostSources();
    for (let i = 0; i < WARM; i++) collectAll(sources, context);
    series = 0;
    const before = process.cpuUsage();
    for (let i = 0; i < PASSES; i++) collectAll(sources, context);
    const { user, system } = process.cpuUsage(before);
    const ours = (user + system) / 1_000 / PASSES;
    const size = Object.entries(SIZE).map(([what, count]) => `${count} ${what}`);
    const results: BenchResult[] = [
      { name: 'collector, one collection', value: ours, unit: 'CPU ms', note: size.join(', ') },
      { name: 'collector, series', value: series / PASSES, unit: 'series' },
    ];
    const exporter = fetchedPeers()?.NODE_EXPORTER;
    if (exporter === undefined) return results;
    const theirs = await ofNodeExporter(exporter, root);
    const note = 'the same tree over HTTP, text format; tables for what it would ask the kernel by netlink';
    return [
      ...results,
      { name: 'node_exporter, one scrape', value: theirs, unit: 'CPU ms', note },
      { name: 'collector beside node_exporter', value: ours / theirs, unit: 'x', target: 1 },
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** CPU ms of one scrape. */
async function ofNodeExporter(program: string, root: string): Promise<number> {
  const port = await freePort();
  const folders = ['proc', 'sys', 'root'].map(
    (name) => `--path.${name}fs=${name === 'root' ? root : join(root, name)}`,
  );
  const tables = ['--no-collector.netdev.netlink', '--no-collector.timex'];
  const daemon = new Daemon(program, [`--web.listen-address=127.0.0.1:${port}`, ...folders, ...tables]);
  try {
    await daemon.listens(port);
    const scrape = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    for (let i = 0; i < WARM; i++) await scrape();
    const before = cpuSecondsOf(daemon.pid);
    for (let i = 0; i < PASSES; i++) await scrape();
    return ((cpuSecondsOf(daemon.pid) - before) * 1_000) / PASSES;
  } finally {
    await daemon.stop();
  }
}
