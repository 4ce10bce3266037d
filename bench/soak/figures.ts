import { threeDigits } from '../page/three-digits.ts';
import type { BenchResult } from '../result.ts';
import { type Balance, droppedOf } from './balance.ts';
import { FLAT_RULE, type Trend, trendOf } from './trend.ts';
import { AT, type Moment } from './watch.ts';

/** What is held against time, by the end of its name; and what it may rise by in any case. */
const WATCHED = [
  // Collections come when they come: a heap swings by so much.
  { ends: ': memory, MiB', noise: 24 },
  { ends: ': open files, files', noise: 8 },
  { ends: 'acknowledgement p99, ms', noise: 50 },
  { ends: 'sent to queryable p99, s', noise: 0.25 },
  { ends: 'waiting in the relay, samples', noise: 0 },
] as const;
/** Not part of the product: told, not judged. */
const NOT_JUDGED = /^(simulator|sink|VictoriaMetrics):/;

/** Of each figure over time whether it is flat, and what is not. @param aSecond samples that are sent in a second: so many may wait */
export function trendFigures(
  moments: readonly Moment[],
  aSecond: number,
): { readonly results: BenchResult[]; readonly wrong: string[] } {
  const results: BenchResult[] = [];
  const wrong: string[] = [];
  for (const { ends, noise } of WATCHED) {
    for (const name of Object.keys(moments[0] ?? {}).filter((one) => one.endsWith(ends))) {
      const points = moments.flatMap((moment) => {
        const value = moment[name];
        return value === null || value === undefined ? [] : [[moment[AT]!, value] as const];
      });
      const trend = trendOf(points, noise === 0 ? aSecond : noise);
      const judged = !NOT_JUDGED.test(name);
      const [what, unit] = [name.slice(0, name.lastIndexOf(', ')), name.slice(name.lastIndexOf(', ') + 2)];
      results.push({
        name: `${what}: grew in the second half by at least`,
        value: trend.grewBy,
        unit,
        ...(judged ? { target: threeDigits(trend.slack) } : {}),
        note: inWords(trend, unit),
      });
      if (judged && !trend.flat) wrong.push(`${what} is not flat: ${inWords(trend, unit)}`);
    }
  }
  if (results.length > 0) results[0] = { ...results[0]!, note: `${results[0]!.note}. The rule: ${FLAT_RULE}` };
  return { results, wrong };
}

function inWords({ anHour, sureTo, mean, flat }: Trend, unit: string): string {
  return `${flat ? 'flat' : 'not flat'}: mean ${threeDigits(mean)}, ${threeDigits(anHour)} ± ${threeDigits(sureTo)} ${unit} an hour`;
}

/** The ledger to the last sample. */
export function balanceFigures(balance: Balance): BenchResult[] {
  const { sent, acknowledged, givenUp, relay, core, stored, wrong } = balance;
  return [
    { name: 'samples sent', value: sent, unit: 'samples' },
    {
      name: 'samples sent and not acknowledged',
      value: sent - acknowledged,
      unit: 'samples',
      target: 0,
      note: `${givenUp} of them given up and declared`,
    },
    {
      name: 'the relay: in',
      value: relay.in.items,
      unit: 'samples',
      note: `${relay.out.items} out, ${relay.repeated.items} repeated, ${droppedOf(relay)}`,
    },
    {
      name: 'the core: in',
      value: core.in.items,
      unit: 'samples',
      note: `${core.out.items} stored, ${core.repeated.items} repeated, ${droppedOf(core)}`,
    },
    ...(stored === null
      ? []
      : [
          {
            name: 'found in the store by queries',
            value: stored,
            unit: 'samples',
            note: 'values of some hosts, counts of all others',
          },
        ]),
    { name: 'the ledger: sums that do not come out even', value: wrong.length, unit: 'sums', target: 0 },
  ];
}
