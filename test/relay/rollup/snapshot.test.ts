import { expect, test } from 'vitest';
import { parseConfig } from '../../../lib/config/load.ts';
import { type RolledPage, RollupEngine } from '../../../relay/rollup/engine.ts';
import type { OutputSample } from '../../../relay/rollup/output-series.ts';
import { rollupRules } from '../../../relay/rollup/rules.ts';
import { readSnapshot, snapshotParts } from '../../../relay/rollup/snapshot.ts';
import { TakenFrames } from '../../../relay/rollup/taken-frames.ts';
import { seededRandom } from '../../../simulator/random.ts';

const T = 1_790_000_040_000;
const RULES = `
- {name: a, match: m, interval: 10s, lateness: 5s, by: [k], outputs: [total, increase, sum, count_series, "quantiles(0.5, 0.9)", last]}
- {name: b, match: '{k="1"}', interval: 30s, lateness: 20s, outputs: [stddev, "histogram(1, 10)", min, max, avg, count_samples]}
`;
const PAGE: RolledPage = {
  hash: 'p',
  series: ['1', '2', '3'].map((k) => ({ name: 'm', labels: [['k', k]] as const })),
};
const breathe = () => Promise.resolve();

class Roller {
  readonly frames = new TakenFrames();
  readonly engine = new RollupEngine(
    'north',
    { series: 0, groups: 0, mostSeries: 1e4, mostGroups: 1e4 },
    (_, error) => {
      throw error;
    },
  );

  constructor(rules = RULES) {
    this.engine.setRules(parseConfig('rollups.yaml', rules, rollupRules));
  }

  take(host: string, sequence: number, time: number, values: readonly number[], now: number): void {
    const place = this.frames.take(host, 'boot', sequence, now);
    if (!place) return;
    const section = { page: PAGE, times: Float64Array.of(time), values: Float64Array.from(values), present: null };
    this.engine.take(host, section, place, now);
  }

  get states() {
    return this.engine.rules.map(({ state }) => state);
  }
}

async function snapshotOf(position: number, { frames, states }: Roller): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of snapshotParts(position, frames, states, breathe)) parts.push(part);
  return Buffer.concat(parts);
}

const named = (samples: readonly OutputSample[]) =>
  samples.map(({ series, time, value }) => `${series.name} ${series.labels.join(';')} ${time} ${value}`).sort();

test('a state that was written and read again goes on as if it had never been away', async () => {
  const seed = Number(process.env.HELIOGRAPH_SEED ?? Math.floor(Math.random() * 2 ** 31));
  const random = seededRandom(seed);
  let one = new Roller();
  const other = new Roller();
  const sequences = [0, 0, 0];
  const held: [string, number, number, number[]][] = [];
  for (let step = 0; step < 400; step++) {
    const now = T + step * 1000;
    const h = Math.floor(random() * 3);
    const frame: [string, number, number, number[]] = [
      `h${h}`,
      ++sequences[h]!,
      now - Math.floor(random() * 3000),
      Array.from({ length: 3 }, () => Math.floor(random() * 100)),
    ];
    // Some wait, as with a host that was cut off.
    if (random() < 0.3) held.push(frame);
    else for (const roller of [one, other]) roller.take(...frame, now);
    if (random() < 0.1) {
      for (const late of held.splice(0)) for (const roller of [one, other]) roller.take(...late, now);
    }
    expect(named(one.engine.close(now)), `seed ${seed}, step ${step}`).toEqual(named(other.engine.close(now)));
    if (random() < 0.1) {
      const bytes = await snapshotOf(step, one);
      one = new Roller();
      expect(readSnapshot(bytes, one.frames, one.states)).toBe(step);
    }
  }
  expect(other.states[0]!.fates.taken).toBeGreaterThan(500);
});

test('a rule that is not the same any more begins anew; a later version and a torn file are told apart', async () => {
  const one = new Roller();
  one.take('h1', 1, T, [1, 2, 3], T);
  const bytes = await snapshotOf(7, one);
  const changed = new Roller(RULES.replace('[k]', '[j]'));
  expect(readSnapshot(bytes, changed.frames, changed.states)).toBe(7);
  expect(changed.states.map(({ size }) => size)).toEqual([0, 1]);
  expect(() => readSnapshot(bytes.subarray(0, bytes.length - 10), new TakenFrames(), new Roller().states)).toThrow();
  const later = Buffer.from(bytes);
  later[later.indexOf('v') + 1] = 2;
  expect(readSnapshot(later, new TakenFrames(), [])).toBe(null);
});
