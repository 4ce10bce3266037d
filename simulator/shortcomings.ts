import { type Findings, faultsOf } from './findings.ts';
import type { RunReport } from './report.ts';
import type { Verified } from './verify.ts';

/** So many intervals are long enough for a sample of the first host, on a full machine too. */
const INTERVALS = 2;

/**
 * Why a run is not good, in words; nothing: it is. A run that did nothing is not good either: it would have found no fault whatever there was.
 * @param sampledMs for how long hosts were sampled
 */
export function shortcomings(
  run: Omit<RunReport, 'wrong' | 'good'>,
  time: { readonly sampledMs: number; readonly intervalMs: number },
): string[] {
  const { hosts, connected, samples, lines, garbage, verified } = run;
  const wrong: string[] = [];
  if (connected < hosts) wrong.push(`${hosts - connected} of ${hosts} hosts never connected`);
  if (samples.sent + lines.sent === 0 && time.sampledMs >= INTERVALS * time.intervalMs) wrong.push('nothing was sent');
  for (const [what, { sent, acknowledged, dropped }] of Object.entries({ samples, lines })) {
    if (dropped > 0) wrong.push(`${dropped} ${what} given up and declared`);
    const open = sent - acknowledged - dropped;
    if (open !== 0) wrong.push(`${open} ${what} not acknowledged`);
  }
  if (run.refused > 0) wrong.push(`${run.refused} frames refused`);
  const unrefused = garbage.sent - garbage.refused - garbage.unanswered;
  if (unrefused !== 0) wrong.push(`${unrefused} of garbage not refused`);
  for (const { name, backAfterSeconds } of run.phases) {
    if (backAfterSeconds === null) wrong.push(`the storm of ${name} was not over`);
  }
  if (run.unverified !== null) wrong.push(`what was stored could not be compared: ${run.unverified}`);
  return verified ? [...wrong, ...ofVerified(verified)] : wrong;
}

function ofVerified(verified: Verified): string[] {
  const found = Object.values(verified) as Findings[];
  const faults = found.reduce((sum, one) => sum + faultsOf(one), 0);
  if (faults > 0) return [`${faults} faults in the store`];
  return found.every(({ checked }) => checked === 0) ? ['nothing was acknowledged that could be verified'] : [];
}
