import { expect, test } from 'vitest';
import { faultFigures } from '../../bench/end-to-end/faults.ts';
import { emptyFindings } from '../../simulator/findings.ts';

const verified = {
  samples: { ...emptyFindings(), checked: 100, missing: 1 },
  counts: { ...emptyFindings(), checked: 50, doubled: 2 },
  lines: { ...emptyFindings(), checked: 7, altered: 4 },
};
const values = (logs: number) => faultFigures(verified, logs).map(({ value, unit, note }) => ({ value, unit, note }));

test('faults in lines are a figure of their own, where lines were sent', () => {
  const samples = { value: 3, unit: 'samples', note: '100 values compared, 50 samples counted' };
  expect(values(0)).toEqual([samples]);
  expect(values(20)).toEqual([samples, { value: 4, unit: 'lines', note: '7 lines compared' }]);
});
