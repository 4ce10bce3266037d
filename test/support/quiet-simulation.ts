import type { RunReport } from '../../simulator/report.ts';
import { type RunOptions, runSimulation } from '../../simulator/run.ts';

type Quiet = 'durationMs' | 'say' | 'onReady' | 'onProgress';

/** Simulated hosts until the signal says stop, without a word. */
export function simulateQuietly(options: Omit<RunOptions, Quiet>): Promise<RunReport> {
  const nothing = () => undefined;
  return runSimulation({ durationMs: 0, say: nothing, onReady: nothing, onProgress: nothing, ...options });
}
