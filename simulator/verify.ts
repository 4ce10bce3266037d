import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '../lib/clock.ts';
import { emptyFindings, type Findings } from './findings.ts';
import { hash32 } from './hash32.ts';
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
  /** How long what is missing is looked for again, ms: what was acknowledged may still be on its way to the store. */
  readonly withinMs: number;
  readonly say: (line: string) => void;
}

/** A fault counts when it is still there after a while. */
export async function verifyUntilGood(
  truths: readonly HostTruth[],
  known: Known,
  { core, hosts, seed, withinMs, say }: VerifyOptions,
): Promise<Verified> {
  const until = systemClock.mono() + withinMs;
  const some = truths.length > hosts;
  // Counting is for one span of time for many hosts, and a host whose clock is off is in another one.
  const [usual, skewed] = [truths.filter(({ skew }) => skew === 0), truths.filter(({ skew }) => skew !== 0)];
  const chance = usual.toSorted((a, b) => hash32(seed, a.number, 31) - hash32(seed, b.number, 31)).slice(0, hosts);
  const chosen = some ? [...chance, ...skewed] : truths;
  const values = some
    ? `the values of ${hosts} hosts by chance (--seed ${seed}), counts and lines of all`
    : 'everything';
  for (;;) {
    say(`verifying ${values} against the store ...`);
    const found: Verified = { samples: emptyFindings(), counts: emptyFindings(), lines: emptyFindings() };
    await verifySamples(core, chosen, known, found.samples);
    if (some) await verifyCounts(core, usual, known, found.counts);
    await verifyLines(core, truths, known.schedule.startedAt, found.lines);
    const waiting = found.samples.missing + found.counts.missing + found.lines.missing;
    if (waiting === 0 || systemClock.mono() > until) return found;
    say(`${waiting} not there yet, looking again`);
    await wait(2000);
  }
}
