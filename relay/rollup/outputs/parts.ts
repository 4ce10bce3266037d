import type { Compensated } from '../../../lib/compensated.ts';
import type { Distribution, DistributionPlan } from '../../../lib/distribution.ts';
import { type Rest, startRest, type WindowPart, wantsRest } from '../../../lib/window-part.ts';
import type { Output } from './contract.ts';
import { countSeries } from './count-series.ts';
import { distribution } from './distribution.ts';
import { increase } from './increase.ts';
import { last } from './last.ts';
import { type Spread, stddev } from './stddev.ts';

/** By the outputs that a rule wants: those whose states are sent for them, beside the distribution. */
const SENT: Readonly<Record<string, Output>> = Object.fromEntries(
  [
    ['total', increase],
    ['increase', increase],
    ['rate_sum', increase],
    ['last', last],
    ['stddev', stddev],
    ['count_series', countSeries],
  ].map(([name, output]) => [name as string, output as Output]),
);

/** What a rule computes of a window where the core merges it: `partOf` reads their states. @param own see `distribution` */
export function partOutputs(plan: DistributionPlan, own: boolean): Output[] {
  const rest = new Set(plan.plain.filter((name) => Object.hasOwn(SENT, name)).map((name) => SENT[name]!));
  return [distribution(plan, own) as Output, ...rest];
}

/** What a window holds, for the core. @param outputs and @param states of a rule with that plan */
export function partOf(plan: DistributionPlan, outputs: readonly Output[], states: readonly unknown[]): SentPart {
  const its = states[0] as Distribution;
  if (!wantsRest(plan)) return { distribution: its };
  const rest: Rest = { ...startRest(), time: 0, value: 0 };
  for (const [i, output] of outputs.entries()) {
    if (output === increase) Object.assign(rest.increase, states[i] as Compensated);
    if (output === last) Object.assign(rest, states[i] as { time: number; value: number });
    if (output === countSeries) rest.series = (states[i] as { count: number }).count;
    if (output !== stddev) continue;
    const { mean, squares } = states[i] as Spread;
    Object.assign(rest, { mean, squares });
  }
  return { distribution: its, rest };
}

type SentPart = Omit<WindowPart, 'rest'> & Partial<Pick<WindowPart, 'rest'>>;
