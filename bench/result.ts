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

/** What a run came to that has more to say than figures. */
export interface BenchRun {
  readonly results: readonly BenchResult[];
  /** Why it is not good, in words; with any of them the command ends with an exit code that is not 0. */
  readonly wrong?: readonly string[];
  /** Figures over time, a row each moment: for `--json`, the page has no room for them. */
  readonly series?: readonly Readonly<Record<string, number | null>>[];
}

/** What a file of this folder exports. */
export interface BenchModule {
  run(): Promise<readonly BenchResult[] | BenchRun>;
}

/** Whether a figure of this unit wants to be high: a rate does, everything else wants to be low. */
export function wantsHigh(unit: string): boolean {
  return unit.endsWith('/s');
}

/** Whether a figure is on the good side of its target; null where it has none. */
export function meetsTarget({ value, unit, target }: BenchResult): boolean | null {
  if (target === undefined) return null;
  return wantsHigh(unit) ? value >= target : value <= target;
}
