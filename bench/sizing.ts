import type { BenchResult } from './result.ts';
import { FLEET, plan, TEN_TIMES } from './sizing/plan.ts';
import { writeSizing } from './sizing/write.ts';

/** Measures nothing: computes the machines for a fleet from what the page of benchmarks says was measured, and writes docs/sizing.md. */
export async function run(): Promise<BenchResult[]> {
  const figures = writeSizing();
  return [FLEET, TEN_TIMES].flatMap((demand) =>
    plan(figures, demand).map(({ part, cores, machines, diskBytes }) => ({
      name: `${demand.hosts.toLocaleString('en-GB')} hosts: ${part}`,
      value: cores,
      unit: 'cores',
      note: `computed, not run; ${(diskBytes / 1e12).toFixed(1)} TB of disk; ${machines} machines`,
    })),
  );
}
