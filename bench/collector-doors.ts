import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { bundleCollector } from '../collector/node/bundle.ts';
import type { CollectorConfigInput } from '../collector/node/config.ts';
import { nodeFlags, SMALL_ENVIRONMENT } from '../collector/node/small-process.ts';
import { createAuthority } from '../lib/certificates/authority.ts';
import { freePort } from '../test/support/free-port.ts';
import { until } from '../test/support/until.ts';
import { writeCollectorConfig } from './collector/config-file.ts';
import { bodyOf, flood, post } from './collector-doors/flood.ts';
import { progressLine as say } from './end-to-end/progress-line.ts';
import { Daemon } from './peers/daemon.ts';
import { cpuSecondsOf, peakMemoryOf, residentMemoryOf } from './process/figures.ts';
import type { BenchResult, BenchRun } from './result.ts';

/** HELIOGRAPH_BENCH_SECONDS: of the flood, and before memory is looked at. */
const SECONDS = Number(process.env.HELIOGRAPH_BENCH_SECONDS ?? 70);
/** Of the smallest profile that has doors for applications. */
const HEAP_MIB = 32;

/**
 * What the doors for applications cost a collector that is otherwise idle, one by one and all together; and whether one with the heap of a small machine lives when
 * OTLP and StatsD are flooded at once: what is too much is refused or counted.
 */
export async function run(): Promise<BenchRun> {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-doors-'));
  const page = createServer((_request, answer) => answer.end(PAGE)).listen(0, '127.0.0.1');
  const daemons: Daemon[] = [];
  try {
    await until('a page to scrape', () => page.listening);
    const { port: pagePort } = page.address() as { port: number };
    const authority = await createAuthority(join(directory, 'ca'), Date.now());
    const host = await authority.issue({ name: 'host-1', role: 'collector', days: 1 });
    const { main: bundle } = await bundleCollector(join(directory, 'bundle'));
    const start = (name: string, applications: CollectorConfigInput['applications'], interval: string): Daemon => {
      const folder = join(directory, name.replaceAll(' ', '-'));
      mkdirSync(folder);
      const config = writeCollectorConfig(folder, 1, host, { interval, ...(applications ? { applications } : {}) });
      const daemon = new Daemon(process.execPath, [...nodeFlags(HEAP_MIB, false), bundle, config], SMALL_ENVIRONMENT);
      daemons.push(daemon);
      return daemon;
    };
    const idle = (name: string, applications: CollectorConfigInput['applications']) => ({
      name,
      daemon: start(name, applications, '1s'),
    });
    const scrape = {
      scrape: [{ job: 'app', interval: '1s', timeout: '900ms', targets: [{ address: `127.0.0.1:${pagePort}` }] }],
    };
    const statsd = { statsd: { udp: '127.0.0.1:0' } };
    const otlp = { otlp: { listen: '127.0.0.1:0' } };
    const ingest = { ingest: { path: join(directory, 'ingest.sock') } };
    const idlers = [
      idle('no door', undefined),
      idle('scrape', scrape),
      idle('StatsD', statsd),
      idle('OTLP', otlp),
      idle('ingest', ingest),
      idle('all doors', { ...scrape, ...statsd, ...otlp, ingest: { path: join(directory, 'all.sock') } }),
    ];
    await wait(SECONDS * 1_000);
    const results: BenchResult[] = idlers.flatMap(({ name, daemon }) => {
      daemon.check();
      const all = name === 'all doors' ? { target: 64 } : {};
      return [
        { name: `${name}: resident`, value: residentMemoryOf(daemon.pid), unit: 'MiB', ...all },
        { name: `${name}: resident without program files`, value: ownMemoryOf(daemon.pid), unit: 'MiB' },
      ];
    });
    for (const daemon of daemons.splice(0)) await daemon.stop();
    const flooded = await floodOne((applications) => start('flooded', applications, '10s'));
    return { results: [...results, ...flooded.results], wrong: flooded.wrong };
  } finally {
    for (const daemon of daemons) await daemon.stop();
    page.close();
    page.closeAllConnections();
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

const PAGE = Array.from({ length: 300 }, (_, i) => `app_metric_${i}{path="/a",number="${i}"} ${i}\n`).join('');

async function floodOne(start: (applications: CollectorConfigInput['applications']) => Daemon): Promise<BenchRun> {
  const [otlpPort, statsdPort] = [await freePort(), await freePort()];
  const daemon = start({ otlp: { listen: `127.0.0.1:${otlpPort}` }, statsd: { udp: `127.0.0.1:${statsdPort}` } });
  await daemon.listens(otlpPort);
  say(`OTLP and StatsD flood for ${SECONDS} s`);
  const { statuses, statsdLines } = await flood(otlpPort, statsdPort, SECONDS * 1_000);
  const wrong: string[] = [];
  try {
    daemon.check();
    // Afterwards it takes what is not too much.
    await until('it to take a small request', async () => (await post(false, otlpPort, '/v1/logs', bodyOf(1))) === 200);
  } catch (error) {
    wrong.push(`the flooded collector did not live: ${String(error)}`);
  }
  const memory =
    wrong.length > 0
      ? []
      : [
          {
            name: 'flooded: most resident',
            value: peakMemoryOf(daemon.pid),
            unit: 'MiB',
            note: `heap of ${HEAP_MIB} MiB; load ${loadavg()[0]!.toFixed(1)}`,
          },
          { name: 'flooded: CPU', value: cpuSecondsOf(daemon.pid), unit: 's' },
        ];
  const answers = Object.entries(statuses).map(([status, count]) => ({
    name: `flooded: OTLP requests answered with ${status === '0' ? 'nothing' : status}`,
    value: count,
    unit: 'requests',
  }));
  return {
    results: [...memory, ...answers, { name: 'flooded: lines of StatsD sent', value: statsdLines, unit: 'lines' }],
    wrong,
  };
}

/** Without the pages of program files, which other processes of the same program share (proc(5), RssAnon), MiB. */
function ownMemoryOf(pid: number): number {
  const [, kibibytes] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kibibytes) / 1024;
}
