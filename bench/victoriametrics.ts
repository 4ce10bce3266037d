import { metricBlocks, SMALL } from './core.ts';
import { startVictoriaMetrics } from './engines/victoriametrics.ts';
import type { BenchResult } from './result.ts';

/** A block of metricBlocks has so many samples an instant: a request holds one block, as when they come one after the other. */
const BLOCK_SAMPLES = 50_000;

/** From blocks of a relay to the real VictoriaMetrics: what it costs the core, the engine, and on the way between them. */
export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const encoding of ['snappy', 'zstd'] as const) {
    for (const [instants, blocks] of [
      [1, 100],
      [5, 20],
      [10, 20],
    ] as const) {
      results.push(...(await one(encoding, instants, blocks)));
    }
  }
  return results;
}

async function one(encoding: 'snappy' | 'zstd', instants: number, blocks: number): Promise<BenchResult[]> {
  const engine = await startVictoriaMetrics(encoding === 'zstd');
  try {
    const url = engine.values.VICTORIA_METRICS_URL!;
    // Until it is known for sure which life of it this is.
    for (;;) {
      if (figureOf(await pageOf(url), 'vm_app_uptime_seconds') >= 3) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const before = figureOf(await pageOf(url), 'process_cpu_seconds_total');
    const requestSamples = BLOCK_SAMPLES * instants;
    const done = await metricBlocks(
      { ...SMALL, instants, blocks },
      { metrics: 'victoriametrics', victoriametrics: { addresses: [url], requestSamples } },
    );
    const after = await pageOf(url);
    const engineCpu = figureOf(after, 'process_cpu_seconds_total') - before;
    const millions = done.samples / 1e6;
    const name = (what: string) => `${what}, ${encoding}, ${instants} instant${instants === 1 ? '' : 's'} a frame`;
    const bytes = figureOf(done.metrics, 'heliograph_core_metric_store_sent_bytes_total');
    return [
      {
        name: name('core, block to remote write and acknowledgement'),
        value: done.cpu / millions,
        unit: 'CPU s per million samples',
        target: encoding === 'zstd' ? 0.15 : 0.6,
        note: 'gRPC over TLS, ledger and waiting for durability included',
      },
      { name: name('VictoriaMetrics, the same'), value: engineCpu / millions, unit: 'CPU s per million samples' },
      { name: name('core to VictoriaMetrics'), value: bytes / done.samples, unit: 'B/sample' },
      { name: name('on its disk'), value: figureOf(after, 'vm_data_size_bytes') / done.samples, unit: 'B/sample' },
    ];
  } finally {
    await engine.stop();
  }
}

async function pageOf(url: string): Promise<string> {
  return (await fetch(`${url}/metrics`)).text();
}

/** The sum of all lines of a metric. */
function figureOf(page: string, name: string): number {
  return page
    .split('\n')
    .filter((line) => line.startsWith(name))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
