import { metricBlocks } from './core.ts';
import { startSink } from './end-to-end/store.ts';
import type { BenchResult } from './result.ts';

/** Hosts that a core is to carry, with 1,000 samples a frame as they come from 100 series a second in frames of ten instants. */
const HOSTS = 10_000;
const SERIES = 100;
const INSTANTS = 10;
/** Frames of a block as relays make them, and how often each host has its turn; once before the clock starts. */
const FRAMES = 500;
const ROUNDS = 4;

/** What it costs the core that hosts are many: blocks in which every frame is of another host, to a stand-in of VictoriaMetrics that answers and keeps nothing. */
export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const encoding of ['zstd', 'snappy'] as const) {
    for (const hosts of [FRAMES, HOSTS]) results.push(await one(encoding, hosts));
  }
  return results;
}

async function one(encoding: 'zstd' | 'snappy', hosts: number): Promise<BenchResult> {
  const sink = await startSink(encoding);
  try {
    const warm = HOSTS / FRAMES;
    const fleet = {
      hosts,
      series: SERIES,
      instants: INSTANTS,
      frames: FRAMES,
      blocks: warm * ROUNDS,
      warm,
      bases: true,
    };
    const done = await metricBlocks(fleet, {
      metrics: 'victoriametrics',
      victoriametrics: { addresses: [sink.url], requestSamples: FRAMES * SERIES * INSTANTS },
    });
    return {
      name: `core, block to remote write and acknowledgement, ${encoding}, ${hosts} hosts of ${SERIES} series, ${INSTANTS} instants a frame`,
      value: (done.cpu / done.samples) * 1e6,
      unit: 'CPU s per million samples',
      target: encoding === 'zstd' ? 0.15 : 0.6,
      note: 'gRPC over TLS, ledger and waiting for durability included',
    };
  } finally {
    await sink.stop();
  }
}
