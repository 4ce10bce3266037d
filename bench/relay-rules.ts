import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figureOf, pageOf } from './end-to-end/snapshot.ts';
import type { Measured } from './relay/load.ts';
import { measureWithConfig, relayFigures } from './relay/with-config.ts';
import type { BenchResult } from './result.ts';

const HOSTS = 200;
/** The first load warms the code up, and is not counted. */
const FRAMES = 30_000;

/** Ten rules: each looks at all hosts' series of a hundredth or a tenth of the devices. */
const rules = (digits: string) =>
  `groups:\n  - name: g\n    interval: 5s\n    rules:\n${Array.from(
    { length: 10 },
    (_, i) => `      - {alert: A${i}, expr: 'rate(node_test_total{device=~"d.*${digits}${i}"}[1m]) < 0', for: 1m}\n`,
  ).join('')}`;

/** What alerting rules cost the relay: the load of `relay` with 100 samples a frame, without rules and with ten, in one process and in two workers. */
export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const [name, text] of [
    ['without rules', null],
    ['ten rules over a tenth of the series', rules('0')],
    ['ten rules over all series', rules('')],
  ] as const) {
    results.push(...relayFigures(name, HOSTS, await withRules(text), '; rate over 1 min, evaluated each 5 s'));
  }
  for (const [name, text] of [
    ['two workers without rules', null],
    ['two workers, ten rules over all series', rules('')],
  ] as const) {
    const [cpu] = relayFigures(name, HOSTS, await withRules(text, { workers: 2 }), '; CPU of all processes');
    results.push(cpu!);
  }
  return results;
}

async function withRules(text: string | null, workers: object = {}): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-rules-'));
  const file = join(folder, 'rules.yaml');
  if (text !== null) writeFileSync(file, text);
  const more = { ...workers, ...(text === null ? {} : { rules: { file, restartGrace: '1ms' } }) };
  const look = async (http: number) => {
    const page = await pageOf(new URL(`http://127.0.0.1:${http}/metrics`));
    if (text !== null && figureOf(page, 'heliograph_relay_rules_evaluations') === 0)
      throw new Error('no rule was evaluated');
  };
  try {
    return await measureWithConfig({ hosts: HOSTS, frames: FRAMES }, more, look);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
