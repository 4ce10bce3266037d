import { faultsOf } from '../../simulator/findings.ts';
import type { Verified } from '../../simulator/verify.ts';
import type { BenchResult } from '../result.ts';

/** What a comparison with the store found wrong: samples, and lines where some were sent. @param logs lines a second that were asked for */
export function faultFigures({ samples, counts, lines }: Verified, logs: number): BenchResult[] {
  const ofSamples: BenchResult = {
    name: 'samples missing, doubled, altered or foreign',
    value: faultsOf(samples) + faultsOf(counts),
    unit: 'samples',
    target: 0,
    note: `${samples.checked} values compared, ${counts.checked} samples counted`,
  };
  if (logs === 0) return [ofSamples];
  const note = `${lines.checked} lines compared`;
  return [
    ofSamples,
    { name: 'lines missing, doubled, altered or foreign', value: faultsOf(lines), unit: 'lines', target: 0, note },
  ];
}
