import { coverWithStars } from '../lib/mask/cover.ts';
import { DEFAULT_MASKS, masksOf } from '../lib/mask/kinds.ts';
import { MaskStage } from '../lib/mask/mask.ts';
import { nodeText } from '../lib/mask/node-masks.ts';
import { LINE_BYTES, logLines } from './log-lines.ts';
import type { BenchResult } from './result.ts';

const LINES = 100_000;
const ROUNDS = 12;
/** As a collector's tail gives them: whole lines, up to 512 KiB. */
const BATCH_BYTES = Math.floor(524_288 / LINE_BYTES) * LINE_BYTES;

/** CPU seconds a GB of the card mask alone, and of each kind and all together, over fresh copies of the same lines. */
export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const [name, cardsEvery] of [
    ['mask, no cards', 0],
    ['mask, a card in one line of ten', 10],
  ] as const) {
    const lines = logLines(LINES, cardsEvery);
    const mask = new MaskStage(nodeText, masksOf(['card'], coverWithStars));
    const work = new Uint8Array(lines.length);
    let spent = 0;
    for (let round = 0; round < ROUNDS; round++) {
      work.set(lines);
      const before = process.cpuUsage();
      const covered = inBatches(mask, work);
      const { user, system } = process.cpuUsage(before);
      if (round > 1) spent += user + system;
      const expected = cardsEvery === 0 ? 0 : Math.ceil(LINES / cardsEvery);
      if (covered !== expected) throw new Error(`${covered} numbers were covered, ${expected} stand in the lines`);
    }
    const gigabytes = ((ROUNDS - 2) * LINES * LINE_BYTES) / 1e9;
    results.push({
      name,
      value: spent / 1e6 / gigabytes,
      unit: 'CPU s/GB',
      target: 5,
      note: `lines of ${LINE_BYTES} bytes`,
    });
  }
  results.push(...allKinds());
  return results;
}

/** All of them over lines with a card in one of fifty, as a collector has them by default; then each kind by itself, which is more than its part: all share one pass. */
function allKinds(): BenchResult[] {
  const lines = logLines(LINES, 50);
  const work = new Uint8Array(lines.length);
  const results: BenchResult[] = [];
  for (const kinds of [DEFAULT_MASKS, ...DEFAULT_MASKS.map((kind) => [kind])]) {
    const stage = new MaskStage(nodeText, masksOf(kinds, coverWithStars));
    let spent = 0;
    for (let round = 0; round < ROUNDS; round++) {
      work.set(lines);
      const before = process.cpuUsage();
      inBatches(stage, work);
      const { user, system } = process.cpuUsage(before);
      if (round > 1) spent += user + system;
    }
    const gigabytes = ((ROUNDS - 2) * LINES * LINE_BYTES) / 1e9;
    const perGigabyte = spent / 1e6 / gigabytes;
    results.push({
      name: kinds.length > 1 ? 'mask, all kinds of the default' : `mask, ${kinds[0]} alone`,
      value: perGigabyte,
      unit: 'CPU s/GB',
      ...(kinds.length > 1 && { target: 5 }),
      note: `${Math.round(1000 / perGigabyte)} MB/s of a core`,
    });
  }
  return results;
}

/** @returns how many secrets were covered */
function inBatches(stage: MaskStage, lines: Uint8Array): number {
  let covered = 0;
  for (let at = 0; at < lines.length; at += BATCH_BYTES) covered += stage.bytes(lines.subarray(at, at + BATCH_BYTES));
  return covered;
}
