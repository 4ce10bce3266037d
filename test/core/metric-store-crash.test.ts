import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEmbeddedMetricStore } from '../../core/metrics/open.ts';
import { silentLog } from '../../lib/log.ts';
import { Registry } from '../../lib/metrics.ts';
import { gather } from '../contracts/metric-frames.ts';
import { killedWriter } from '../support/kill-rounds.ts';
import { crashFrame, NOW } from './metrics/crash-frames.ts';

const ROUNDS = process.env.HELIOGRAPH_LONG === '1' ? 60 : 4;
const writer = new URL('./metrics/crash-writer.ts', import.meta.url).pathname;

test('kill -9 while it writes and moves its head: every acknowledged frame is there once, whole, after every restart', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-crash-'));
  const acknowledgements = `${directory}.acknowledged`;
  const acknowledged = new Set<number>();
  let next = 1;
  try {
    for (let round = 0; round < ROUNDS; round++) {
      for (const sequence of await killedWriter(
        [writer, directory, `${next}`],
        acknowledgements,
        20 + ((round * 137) % 600),
        (round % 3) * 5,
      )) {
        acknowledged.add(sequence);
      }
      const store = await openEmbeddedMetricStore({
        directory,
        retention: { days: 30, maxBytes: 1e10 },
        clock: { now: () => NOW, mono: () => performance.now() },
        log: silentLog,
        registry: new Registry(),
      });
      const known = new Set<number>();
      for (const { ranges } of await store.sequences()) {
        for (const [from, to] of ranges) for (let one = from; one <= to; one++) known.add(one);
      }
      expect([...acknowledged].filter((sequence) => !known.has(sequence))).toEqual([]);
      // What it knows it has, and nothing else: every sample of every known frame, once.
      const samples = new Map<string, number>();
      for (const { labels, times, values } of await gather(store.export([], 0, NOW))) {
        times.forEach((time, i) => {
          samples.set(`${labels.n} ${time}`, values[i]!);
        });
      }
      expect(samples.size).toBe(known.size * 40);
      for (const sequence of known) {
        const { times, values } = crashFrame(sequence).rows[0]!;
        values.forEach((value, at) => {
          const time = times[Math.floor(at / 20)]!;
          if (samples.get(`${at % 20} ${time}`) !== value) throw new Error(`frame ${sequence}: sample ${at} is wrong`);
        });
      }
      const totals = await store.totals();
      expect(totals).toMatchObject({ samples: known.size * 40, repeated: 0, frames: { written: known.size } });
      await store.close();
      next = Math.max(0, ...known) + 1;
    }
    expect(acknowledged.size).toBeGreaterThan(ROUNDS);
  } finally {
    rmSync(directory, { recursive: true, force: true });
    rmSync(acknowledgements, { force: true });
  }
}, 600_000);
