import { writeFileSync } from 'node:fs';
import type { BenchResult } from './result.ts';
import { MEASURED } from './sizing/measured.ts';
import { sizingPage } from './sizing/page.ts';
import { FLEET, plan, TEN_TIMES } from './sizing/plan.ts';

const PAGE = new URL('../docs/sizing.md', import.meta.url);

/** Measures nothing: computes the machines for a fleet from what was measured (bench/sizing/measured.ts), and writes docs/sizing.md. */
export async function run(): Promise<BenchResult[]> {
  writeFileSync(PAGE, sizingPage());
  return [FLEET, TEN_TIMES].flatMap((demand) =>
    plan(MEASURED, demand).map(({ part, cores, diskBytes }) => ({
      name: `${demand.hosts.toLocaleString('en-GB')} hosts: ${part}`,
      value: cores,
      unit: 'cores',
      note: `computed, not run; ${(diskBytes / 1e12).toFixed(1)} TB of disk`,
    })),
  );
}
