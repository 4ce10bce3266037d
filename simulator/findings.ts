/** What a comparison found. The list is cut at `EXAMPLES`; the counts are whole. */
export interface Findings {
  checked: number;
  missing: number;
  altered: number;
  doubled: number;
  /** In the store, but never sent. */
  foreign: number;
  readonly examples: string[];
}

export type Fault = 'missing' | 'altered' | 'doubled' | 'foreign';

const EXAMPLES = 20;

export function emptyFindings(): Findings {
  return { checked: 0, missing: 0, altered: 0, doubled: 0, foreign: 0, examples: [] };
}

export function note(findings: Findings, kind: Fault, what: string, count = 1): void {
  findings[kind] += count;
  if (findings.examples.length < EXAMPLES) findings.examples.push(`${kind}: ${what}`);
}

export function faultsOf(found: Findings): number {
  return found.missing + found.altered + found.doubled + found.foreign;
}
