import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Measured } from './relay/load.ts';
import { measureWithConfig, relayFigures } from './relay/with-config.ts';
import type { BenchResult } from './result.ts';
import { USUAL_HOSTS } from './settings.ts';

/** Told another number, it has that many TLS connections to make for each relay, which takes some ms of CPU each at both ends. */
const HOSTS = Number(process.env.HELIOGRAPH_BENCH_HOSTS ?? USUAL_HOSTS['relay-rollups']);
const FRAMES = Math.max(30_000, 3 * HOSTS);
/** Remembered by a relay that is told no other number (`rollups.maxSeries`), and series of a host. */
const MOST_SERIES = 1_000_000;
const SERIES = 100;
const RULES = 10;
const OUTPUTS = '[total, avg, max]';

/** Ten rules, each for a tenth of the series: every sample is in one. */
const SHARED = rules((i) => `node_test_total{device=~"d.*${i}"}`);
/** Ten rules, each for all: every sample is in ten. */
const ALL = rules(() => 'node_test_total');

function rules(match: (i: number) => string): string {
  return Array.from(
    { length: RULES },
    (_, i) =>
      `- {name: r${i}, match: '${match(i)}', interval: 1s, lateness: 10s, without: [instance], outputs: ${OUTPUTS}}\n`,
  ).join('');
}

/**
 * What roll-ups cost the relay: the load of `relay` with 100 samples a frame, without rules and with ten. Rules of which each takes all series are left out where
 * these are more than a relay remembers: `rollup-engine` has them.
 */
export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const [name, text] of [
    ['without rules', null],
    ['ten rules, each for a tenth of the series', SHARED],
    ['ten rules, each for all series', ALL],
  ] as const) {
    if (text === ALL && HOSTS * SERIES * RULES > MOST_SERIES) continue;
    const note = `, windows of 1 s, outputs ${OUTPUTS}`;
    results.push(...relayFigures(name, HOSTS, await withRules(text), note));
  }
  return results;
}

async function withRules(text: string | null): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-rollups-'));
  const file = join(folder, 'rollups.yaml');
  if (text !== null) writeFileSync(file, text);
  const more = text === null ? {} : { rollups: { rules: file, restartGrace: '1ms' } };
  try {
    return await measureWithConfig({ hosts: HOSTS, frames: FRAMES }, more, checkTaken);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A machine that is too slow for the load's times would be measured at passing over late samples. */
async function checkTaken(http: number): Promise<void> {
  const page = await (await fetch(`http://127.0.0.1:${http}/metrics`)).text();
  for (const [line, fate, count] of page.matchAll(/^heliograph_relay_rollup_samples\{.*fate="(\w+)"\} (\d+)$/gm)) {
    if (fate !== 'taken' && Number(count) > 0) throw new Error(`samples were not rolled up: ${line}`);
  }
}
