import { coverWithStars } from '../lib/mask/cover.ts';
import { DEFAULT_MASKS, masksOf } from '../lib/mask/kinds.ts';
import { MaskStage } from '../lib/mask/mask.ts';
import { nodeText } from '../lib/mask/node-text.ts';
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
  results.push(...bySecrets(), ...allKinds());
  return results;
}

/** One of each kind, to stand in lines by turns. */
const SECRETS = [
  ...['4111 1111 1111 1111', 'password=hunter2secret', 'Bearer abcdefgh12345678', 'ann.smith@example.org'],
  ...['DE89370400440532013000', '+49 30 1234567', '078-05-1120', 'http://bob:secret99@db/'],
];
/** From the end of its line, where nothing but words stand. */
const PLACE = 40;

/** All kinds of the default over lines of which none, one in a hundred or each has a card number, or a secret of another kind each time. */
function bySecrets(): BenchResult[] {
  const plain = cpuOf(logLines(LINES, 0));
  const results: BenchResult[] = [
    {
      name: 'mask, all kinds, no secrets',
      value: plain,
      unit: 'CPU s/GB',
      target: 4.5,
      note: `lines of ${LINE_BYTES} bytes`,
    },
  ];
  const add = (name: string, lines: Uint8Array, target: number | null) => {
    const value = cpuOf(lines);
    const note = `${(value / plain).toFixed(2)} times that without secrets`;
    results.push({ name, value, unit: 'CPU s/GB', note, ...(target !== null && { target: target * plain }) });
  };
  add('mask, all kinds, a card in each hundredth line', logLines(LINES, 100), 1.2);
  add('mask, all kinds, a card in every line', logLines(LINES, 1), 3);
  add('mask, all kinds, one of each by turns in each hundredth line', secretLines(100), null);
  add('mask, all kinds, one of each by turns in every line', secretLines(1), null);
  return results;
}

function secretLines(every: number): Uint8Array {
  const lines = logLines(LINES, 0);
  const encoder = new TextEncoder();
  for (let i = 0; i < LINES; i += every) {
    const secret = ` ${SECRETS[(i / every) % SECRETS.length]!} `;
    encoder.encodeInto(secret, lines.subarray((i + 1) * LINE_BYTES - PLACE));
  }
  return lines;
}

/** CPU s/GB. */
function cpuOf(lines: Uint8Array, kinds = DEFAULT_MASKS): number {
  const stage = new MaskStage(nodeText, masksOf(kinds, coverWithStars));
  const work = new Uint8Array(lines.length);
  let spent = 0;
  for (let round = 0; round < ROUNDS; round++) {
    work.set(lines);
    const before = process.cpuUsage();
    inBatches(stage, work);
    const { user, system } = process.cpuUsage(before);
    if (round > 1) spent += user + system;
  }
  return spent / 1e6 / (((ROUNDS - 2) * LINES * LINE_BYTES) / 1e9);
}

/** All of them over lines with a card in one of fifty, as a collector has them by default; then each kind by itself, which is more than its part: all share one pass. */
function allKinds(): BenchResult[] {
  const lines = logLines(LINES, 50);
  const results: BenchResult[] = [];
  for (const kinds of [DEFAULT_MASKS, ...DEFAULT_MASKS.map((kind) => [kind])]) {
    const perGigabyte = cpuOf(lines, kinds);
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
