import type { MaskStage } from '../../lib/mask/mask.ts';
import { type NearMiss, nearMisses, type Planted, planted } from './corpus.ts';

/** How often something was covered. */
export interface Tally {
  readonly of: number;
  readonly covered: number;
  /** One that was not as it should be, before and after. */
  readonly example: readonly [before: string, after: string] | null;
}

/** Whether nothing of the secret can be read in what became of its line. */
export function isHidden({ kind, line, secret, at }: Planted, masked: string): boolean {
  const from = Buffer.byteLength(line.slice(0, at));
  const rest = Buffer.from(masked).toString('latin1', from, from + Buffer.byteLength(secret));
  // `%20` between the groups of a card's number is none of it.
  return kind === 'card' ? !/\d/.test(rest.replaceAll('%20', '')) : !/[A-Za-z\d]/.test(rest);
}

/** Of the corpus' secrets, by kind or by what `by` says: how many are hidden. */
export function recall(stage: MaskStage, by: (one: Planted) => string = ({ kind }) => kind): Map<string, Tally> {
  const tallies = new Map<string, Tally>();
  for (const one of planted()) {
    const masked = stage.text(one.line);
    count(tallies, by(one), isHidden(one, masked), false, [one.line, masked]);
  }
  return tallies;
}

/** Of the corpus' near-misses, by what they are: how many were changed. */
export function falsePositives(stage: MaskStage, each: number): Map<NearMiss['what'], Tally> {
  const tallies = new Map<string, Tally>();
  for (const { what, line } of nearMisses(each)) {
    const masked = stage.text(line);
    count(tallies, what, masked !== line, true, [line, masked]);
  }
  return tallies;
}

function count(
  tallies: Map<string, Tally>,
  name: string,
  covered: boolean,
  wrong: boolean,
  example: readonly [string, string],
): void {
  const before = tallies.get(name) ?? { of: 0, covered: 0, example: null };
  tallies.set(name, {
    of: before.of + 1,
    covered: before.covered + (covered ? 1 : 0),
    example: before.example ?? (covered === wrong ? example : null),
  });
}
