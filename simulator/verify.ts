import type { Clock } from '../lib/clock.ts';
import { emptyFindings, type Findings } from './findings.ts';
import { hash32 } from './hash32.ts';
import { Progress } from './progress.ts';
import type { HostTruth } from './truth.ts';
import { verifyCounts } from './verify-counts.ts';
import { verifyLines } from './verify-lines.ts';
import { type Known, verifySamples } from './verify-samples.ts';

export interface Verified {
  /** Value by value, for all hosts or for some by chance. */
  readonly samples: Findings;
  /** Numbers of samples, for all hosts whose clocks are right, where the values were compared for some only. */
  readonly counts: Findings;
  readonly lines: Findings;
}

export interface VerifyOptions {
  readonly core: URL;
  /** Hosts whose values are compared; more than there are: all. */
  readonly hosts: number;
  readonly seed: number;
  /** For how long nothing more has to come, ms, until what is missing counts: what was acknowledged may still be on its way to the store. */
  readonly idleMs: number;
  readonly clock: Pick<Clock, 'mono'>;
  readonly wait: (ms: number) => Promise<unknown>;
  readonly say: (line: string) => void;
}

/** Between two looks. */
const LOOK_MS = 2000;

/**
 * Looks again and again for what is missing, as long as more of it comes; a fault counts when it is still there after that.
 * @returns what was found at last, and after how many seconds nothing was missing any more; null: something was missing to the end
 */
export async function verifyUntilGood(
  truths: readonly HostTruth[],
  known: Known,
  { core, hosts, seed, idleMs, clock, wait, say }: VerifyOptions,
): Promise<{ readonly verified: Verified; readonly storedAfterSeconds: number | null }> {
  const began = clock.mono();
  const progress = new Progress(began);
  const seconds = (): number => (clock.mono() - began) / 1000;
  const some = truths.length > hosts;
  // Counting is for one span of time for many hosts, and a host whose clock is off is in another one.
  const [usual, skewed] = [truths.filter(({ skew }) => skew === 0), truths.filter(({ skew }) => skew !== 0)];
  const chance = usual.toSorted((a, b) => hash32(seed, a.number, 31) - hash32(seed, b.number, 31)).slice(0, hosts);
  const chosen = some ? [...chance, ...skewed] : truths;
  const values = some
    ? `the values of ${hosts} hosts by chance (--seed ${seed}), counts and lines of all`
    : 'everything';
  say(`verifying ${values} against the store ...`);
  for (;;) {
    const verified: Verified = { samples: emptyFindings(), counts: emptyFindings(), lines: emptyFindings() };
    await verifySamples(core, chosen, known, verified.samples);
    if (some) await verifyCounts(core, usual, known, verified.counts);
    await verifyLines(core, truths, known.schedule.startedAt, verified.lines);
    const all: readonly Findings[] = Object.values(verified);
    const missing = all.reduce((sum, one) => sum + one.missing, 0);
    const wanted = all.reduce((sum, one) => sum + one.checked, 0);
    if (missing === 0) return { verified, storedAfterSeconds: seconds() };
    const { stillFor, more } = progress.at(clock.mono(), wanted - missing);
    if (stillFor >= idleMs) {
      say(`${missing} of ${wanted} are missing, and no more came in ${Math.round(stillFor / 1000)} s`);
      return { verified, storedAfterSeconds: null };
    }
    say(
      `${wanted - missing} of ${wanted} are there after ${seconds().toFixed(0)} s` +
        `${more > 0 ? `, ${more} more than at the last look` : `, no more for ${Math.round(stillFor / 1000)} s`}; looking again`,
    );
    await wait(LOOK_MS);
  }
}
