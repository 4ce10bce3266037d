import { expect } from 'vitest';
import type { RunReport } from '../../simulator/report.ts';

/** Everything that was acknowledged was found, once, as it was sent. @param fault what brings the same again */
export function expectAllThere({ verified }: RunReport, fault: string): void {
  const faultless = { missing: 0, altered: 0, doubled: 0, foreign: 0 };
  expect(verified?.samples, fault).toMatchObject(faultless);
  expect(verified?.lines, fault).toMatchObject(faultless);
}
