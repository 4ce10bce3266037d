import { encode } from 'cbor-x';
import { quantileOf as exactQuantile } from '../core/promql/quantile.ts';
import { mergedSamples } from '../core/rollup/results.ts';
import { addToDistribution, startDistribution } from '../lib/distribution.ts';
import { addValue, mergeSketch, quantileOf, startSketch } from '../lib/sketch.ts';
import { mergePart, startPart, startRest } from '../lib/window-part.ts';
import { CborReader } from '../proto/cbor-reader.ts';
import { encodeSketchesBody, readSketches } from '../proto/sketches.ts';
import { seededRandom } from '../simulator/random.ts';
import { threeDigits } from './page/three-digits.ts';
import type { BenchResult } from './result.ts';
import { TDigest } from './sketches/t-digest.ts';

/** Latencies of many hosts in one window, seconds. */
const VALUES = 500_000;
const PARTS = 50;
const PHIS = [0.5, 0.9, 0.99, 0.999];

/** Log-normal around 20 ms, and one in fifty that waits for something of about a second. */
function latencies(): Float64Array {
  const random = seededRandom(11);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Float64Array.from({ length: VALUES }, () =>
    random() < 0.02 ? Math.exp(0.3 * normal()) : 0.02 * Math.exp(0.7 * normal()),
  );
}

/** One way to keep quantiles. */
interface Way {
  readonly name: string;
  make(): { add(value: number): void; merge(other: unknown): void; quantile(phi: number): number; bytes(): number };
}

const WAYS: readonly Way[] = [
  {
    name: "the relay's sketch (128 buckets a power of two)",
    make: () => {
      const sketch = startSketch();
      return {
        add: (value) => addValue(sketch, value),
        merge: (other) => mergeSketch(sketch, (other as { sketch: typeof sketch }).sketch),
        quantile: (phi) => quantileOf(sketch, phi),
        bytes: () => encode(sketch).length,
        sketch,
      };
    },
  },
  ...[100, 500].map(
    (compression): Way => ({
      name: `t-digest (compression ${compression})`,
      make: () => {
        const digest = new TDigest(compression);
        return {
          add: (value) => digest.add(value),
          merge: (other) => digest.merge((other as { digest: TDigest }).digest),
          quantile: (phi) => digest.quantile(phi),
          bytes: () => digest.bytes,
          digest,
        };
      },
    }),
  ),
];

const RELAYS = 10;
const GROUPS = 500;

/** What the core does with the sketches of all relays: CPU of one, from its bytes to what is written, and how many bytes it has. */
function merging(values: Float64Array): BenchResult[] {
  const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
  const plan = { quantiles: PHIS, bounds, plain: ['count_samples'] };
  const size = values.length / GROUPS;
  const groups = Array.from({ length: GROUPS }, (_, group) => {
    const distribution = startDistribution(bounds.length);
    for (const value of values.subarray(group * size, (group + 1) * size)) {
      addToDistribution(distribution, value, bounds);
    }
    const series = { name: 'http_request_seconds:1m_by_service', labels: [['service', `s${group}`] as const] };
    return { series, distribution };
  });
  const bodies = groups.map((group) =>
    encodeSketchesBody({ ...plan, rule: 'latency', worker: null, end: 0, lateness: 30_000, groups: [group] }),
  );
  let cpu = 0;
  // Once to warm up.
  for (let round = 0; round < 2; round++) {
    const before = process.cpuUsage();
    for (const [i, body] of bodies.entries()) {
      const all = startPart(bounds.length);
      for (let relay = 0; relay < RELAYS; relay++) {
        const { distribution } = readSketches(new CborReader(body)).groups[0]!;
        mergePart(all, { distribution, rest: startRest() });
      }
      mergedSamples({ series: groups[i]!.series, end: 0, interval: 0, origin: null, plan }, all);
    }
    const { user, system } = process.cpuUsage(before);
    cpu = (user + system) / RELAYS / GROUPS;
  }
  const note = `${GROUPS} groups of ${RELAYS} relays, ${size} latencies each`;
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0) / GROUPS;
  return [
    { name: 'merging in the core: CPU of a sketch', value: threeDigits(cpu), unit: 'us', note },
    { name: 'merging in the core: bytes of a sketch', value: Math.round(bytes), unit: 'B' },
  ];
}

/** Sketches for quantiles beside one another: CPU a value, bytes, and the error of quantiles of parts that were merged. */
export async function run(): Promise<BenchResult[]> {
  const values = latencies();
  const exact = PHIS.map((phi) => exactQuantile(phi, [...values]));
  const ways = WAYS.flatMap(({ name, make }) => {
    // Once to warm up.
    for (const counted of [false, true]) {
      const before = process.cpuUsage();
      const parts = Array.from({ length: PARTS }, make);
      for (let i = 0; i < values.length; i++) parts[i % PARTS]!.add(values[i]!);
      for (const part of parts) part.quantile(0.5);
      const { user, system } = process.cpuUsage(before);
      if (!counted) continue;
      const merged = make();
      for (const part of parts) merged.merge(part);
      const errors = PHIS.map((phi, i) => Math.abs(merged.quantile(phi) / exact[i]! - 1));
      const said = PHIS.map((phi, i) => `p${phi * 100}: ${(errors[i]! * 100).toPrecision(2)} %`).join(', ');
      const note = `${VALUES} latencies in ${PARTS} parts, merged; ${said}`;
      return [
        { name: `${name}: CPU per value`, value: threeDigits(((user + system) * 1000) / VALUES), unit: 'ns', note },
        { name: `${name}: largest error`, value: threeDigits(Math.max(...errors) * 100), unit: '%' },
        { name: `${name}: bytes of one part`, value: parts[0]!.bytes(), unit: 'B' },
        { name: `${name}: bytes of all merged`, value: merged.bytes(), unit: 'B' },
      ];
    }
    return [];
  });
  return [...ways, ...merging(values)];
}
