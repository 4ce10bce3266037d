import { loadavg } from 'node:os';
import { coverWithStars } from '../lib/mask/cover.ts';
import { DEFAULT_MASKS, masksOf } from '../lib/mask/kinds.ts';
import { MaskStage } from '../lib/mask/mask.ts';
import { nodeText } from '../lib/mask/node-text.ts';
import { nearMisses, planted } from './mask-corpus/corpus.ts';
import { falsePositives, recall } from './mask-corpus/judge.ts';
import { perGigabyte } from './mask-corpus/speed.ts';
import type { BenchResult, BenchRun } from './result.ts';

const EACH = 10_000;
const SPEED_EACH = 1_000;

/**
 * Masking, all kinds of the default, over a corpus that is made anew each time from one seed: how many of the secrets of each kind are covered, how many
 * lines of each kind of near-miss are changed, and what it costs over lines of either sort.
 */
export async function run(): Promise<BenchRun> {
  const stage = new MaskStage(nodeText, masksOf(DEFAULT_MASKS, coverWithStars));
  const results: BenchResult[] = [];
  const wrong: string[] = [];
  for (const [kind, { of, covered, example }] of recall(stage)) {
    results.push({ name: `recall: ${kind}`, value: (100 * covered) / of, unit: '%', note: `${covered} of ${of}` });
    if (covered < of) wrong.push(`${of - covered} of ${kind} stay, such as ${example![0]}`);
  }
  let clean = 0;
  for (const [what, { of, covered, example }] of falsePositives(stage, EACH)) {
    if (covered === 0) clean++;
    else {
      const note = `such as ${example![0]}`;
      results.push({ name: `covered without being a secret: ${what}`, value: (100 * covered) / of, unit: '%', note });
    }
  }
  results.push({ name: 'near-misses of which none is changed', value: clean, unit: 'kinds', note: `${EACH} of each` });
  for (const [name, lines] of [
    ['lines with a secret each', [...planted(1)]],
    ['lines with a near-miss each', [...nearMisses(SPEED_EACH)]],
  ] as const) {
    const text = Buffer.from(`${lines.map(({ line }) => line).join('\n')}\n`);
    const { cpuSeconds, rounds } = perGigabyte(stage, text);
    results.push({
      name: `${name}: speed of one core`,
      value: 1_000 / cpuSeconds,
      unit: 'MB/s',
      note: `${cpuSeconds.toFixed(1)} CPU s/GB, ${rounds} rounds of ${(text.length / 1e6).toFixed(1)} MB; load ${loadavg()[0]!.toFixed(1)}`,
    });
  }
  return { results, wrong };
}
