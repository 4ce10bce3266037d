import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MetricEngine } from '../../../core/metrics/engine.ts';
import { SeriesReader } from '../../../core/metrics/series-reader.ts';
import type { SeriesSamples } from '../../../core/ports/metric-store.ts';
import { pageOf, setBits } from '../../contracts/metric-frames.ts';
import { engineSettings, noEvents, readsHere, unmetered, writesHere } from './engine-here.ts';

const NOW = Date.parse('2026-03-01T00:20:00Z');
const LONG = process.env.HELIOGRAPH_LONG === '1';

/** mulberry32: a failing seed fails again. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

function openEngine(directory: string): Promise<MetricEngine> {
  return MetricEngine.open(engineSettings(directory), writesHere(directory), noEvents);
}

/** The bits of one value, of the kinds that real series have, and some that they should not. */
function randomBits(random: () => number, before: bigint): bigint {
  const kind = Math.floor(random() * 9);
  const view = new DataView(new ArrayBuffer(8));
  if (kind === 0) return before;
  if (kind === 1) view.setFloat64(0, Math.floor(random() * 1e6));
  if (kind === 2) view.setFloat64(0, Math.round(random() * 1e6) / 1e3);
  if (kind === 3) view.setFloat64(0, random());
  if (kind === 4) view.setFloat64(0, -Math.floor(random() * 2 ** 53));
  if (kind === 5) return BigInt(Math.floor(random() * 2 ** 32)) * 2n ** 32n + BigInt(Math.floor(random() * 2 ** 32));
  if (kind === 6) return [0x8000000000000000n, 0x7ff0000000000002n, 0xfff0000000000000n][Math.floor(random() * 3)]!;
  if (kind === 7) view.setFloat64(0, Number(`${Math.floor(random() * 1e4)}e-${Math.floor(random() * 15)}`));
  if (kind === 8) view.setFloat64(0, 1e15 + Math.floor(random() * 1e15));
  return view.getBigUint64(0);
}

const page = pageOf(Array.from({ length: 5 }, (_, i) => ['m', { n: `${i}` }] as const));

test.each(Array.from({ length: LONG ? 200 : 12 }, (_, seed) => seed + 1))(
  'late, unordered and doubled samples come back as a map would hold them, across checkpoints and restarts (seed %i)',
  async (seed) => {
    const random = seeded(seed);
    const directory = mkdtempSync(join(tmpdir(), 'heliograph-property-'));
    let engine = await openEngine(directory);
    engine.learnPages([page], false);
    const model = new Map<string, Map<number, bigint>>();
    // Some seeds live in few minutes (many equal times), some over days.
    const span = [60_000, 3_600_000 * 5, 86_400_000 * 3][seed % 3]!;
    const last = new Array<bigint>(10).fill(0n);
    try {
      for (let round = 1; round <= 60; round++) {
        const k = 1 + Math.floor(random() * (random() < 0.2 ? 300 : 12));
        const host = `h${Math.floor(random() * 2)}`;
        const steady = random() < 0.5;
        const base = NOW - Math.floor(random() * span);
        const times = Float64Array.from({ length: k }, (_, i) =>
          steady ? base + i * 1_000 : NOW - Math.floor((random() * span) / 500) * 500,
        );
        const values = new Float64Array(k * 5);
        const present = random() < 0.5 ? null : Uint8Array.from(values, () => (random() < 0.7 ? 1 : 0));
        values.forEach((_, at) => {
          const column = (at % 5) + (host === 'h1' ? 5 : 0);
          last[column] = random() < 0.3 && steady ? last[column]! : randomBits(random, last[column]!);
          setBits(values, at, last[column]!);
          if (present && present[at] === 0) return;
          const key = `${host} ${at % 5}`;
          if (!model.has(key)) model.set(key, new Map());
          model.get(key)!.set(times[Math.floor(at / 5)]!, last[column]!);
        });
        const id = { host, boot: '00000001aabbccddeeff0011', class: 'metric', sequence: round } as const;
        const target = { instance: host };
        await engine.write([{ id, target, rows: [{ page: page.hash, times, values, present }] }], NOW);
        if (random() < 0.1) await engine.checkpoint();
        if (random() < 0.1) {
          await engine.close();
          engine = await openEngine(directory);
          engine.learnPages([page], false);
        }
        if (random() < 0.2) compare(engine, directory, model, random, span);
      }
      compare(engine, directory, model, random, span);
    } finally {
      await engine.close();
      rmSync(directory, { recursive: true, force: true });
    }
  },
);

function compare(
  engine: MetricEngine,
  directory: string,
  model: ReadonlyMap<string, ReadonlyMap<number, bigint>>,
  random: () => number,
  span: number,
): void {
  const whole = random() < 0.3;
  const start = whole ? 0 : NOW - Math.floor(random() * span);
  const end = whole ? NOW * 2 : start + Math.floor(random() * span);
  const got = new Map<string, string>();
  const reader = new SeriesReader(directory, readsHere(engine));
  for (const series of reader.select([], start, end, unmetered)) {
    got.set(`${series.labels.instance} ${series.labels.n}`, textOf(series));
  }
  reader.close();
  const want = new Map<string, string>();
  for (const [key, samples] of model) {
    const inside = [...samples].filter(([time]) => time >= start && time <= end).sort(([a], [b]) => a - b);
    if (inside.length > 0) want.set(key, inside.map(([time, bits]) => `${time}=${bits.toString(16)}`).join(' '));
  }
  expect(Object.fromEntries([...got].sort())).toEqual(Object.fromEntries([...want].sort()));
}

function textOf({ times, values }: SeriesSamples): string {
  const view = new DataView(values.buffer, values.byteOffset);
  return Array.from(times, (time, i) => `${time}=${view.getBigUint64(i * 8, true).toString(16)}`).join(' ');
}
