import type { ChainTotals } from '../../lib/journal/contract.ts';

/** in = out + queued + repeated + dropped, and nothing below zero; what is wrong in words. */
export function balanceOf(totals: ChainTotals): string[] {
  const problems: string[] = [];
  for (const unit of ['records', 'items'] as const) {
    const parts = [totals.out, totals.queued, totals.repeated, ...Object.values(totals.dropped)].map(
      (count) => count[unit],
    );
    const sum = parts.reduce((total, part) => total + part, 0);
    if (sum !== totals.in[unit] || parts.some((part) => part < 0)) {
      problems.push(`${unit} do not balance: ${JSON.stringify(totals)}`);
    }
  }
  return problems;
}
