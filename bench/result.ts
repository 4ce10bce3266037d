/** One figure of a benchmark. */
export interface BenchResult {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the figure should be at most (or at least, where the unit ends in /s). */
  readonly target?: number;
  /** What was done, and what keeps the comparison fair. */
  readonly note?: string;
}

/** What a file of this folder exports. */
export interface BenchModule {
  run(): Promise<BenchResult[]>;
}

/** Rates want to be high, everything else low. */
export function meetsTarget(result: BenchResult): boolean | null {
  if (result.target === undefined) return null;
  return result.unit.endsWith('/s') ? result.value >= result.target : result.value <= result.target;
}
