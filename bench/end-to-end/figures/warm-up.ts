import type { BenchResult } from '../../result.ts';
import type { OneRun } from '../one-run.ts';

/** Connecting and registering series, which the other figures leave out. */
export function warmUpFigures({ options, warmUp }: OneRun): BenchResult[] {
  const { connectedAfter, currentAfter, from, to } = warmUp;
  const results: BenchResult[] = [
    {
      name: 'warm-up: until all hosts were connected',
      value: connectedAfter,
      unit: 's',
      note: `${options.hosts} hosts, certificates made included`,
    },
  ];
  if (currentAfter !== null) {
    results.push({
      name: 'warm-up: from then until the store was current',
      value: currentAfter,
      unit: 's',
      note: `${options.hosts * options.series} series registered`,
    });
  }
  const seconds = (to.at - from.at) / 1_000;
  for (const part of Object.keys(to.cpu)) {
    results.push({
      name: `warm-up: CPU of ${part}`,
      value: to.cpu[part]! - (from.cpu[part] ?? 0),
      unit: 's',
      note: `in ${seconds.toFixed(0)} s, ${((to.samples.relay - from.samples.relay) / 1e6).toFixed(2)} million samples`,
    });
  }
  return results;
}
