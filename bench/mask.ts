import { cardMask } from '../lib/mask/cards.ts';
import { LINE_BYTES, logLines } from './log-lines.ts';
import type { BenchResult } from './result.ts';

const LINES = 100_000;
const ROUNDS = 12;

/** CPU seconds a GB of the card mask alone, over fresh copies of the same lines. */
export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const [name, cardsEvery] of [
    ['mask, no cards', 0],
    ['mask, a card in one line of ten', 10],
  ] as const) {
    const lines = logLines(LINES, cardsEvery);
    const mask = cardMask();
    const work = new Uint8Array(lines.length);
    let spent = 0;
    for (let round = 0; round < ROUNDS; round++) {
      work.set(lines);
      const before = process.cpuUsage();
      const covered = mask.cover(work, 0, work.length);
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
  return results;
}
