import type { DataClass } from '../../proto/class.ts';
import type { Gap } from '../../proto/gap.ts';
import type { DeclaredGap, Gaps } from '../ledger/gaps.ts';

/** Keeps drops that a host declares. True when all of them were known: the frame came before. */
export function keepDeclared(gaps: Gaps, host: string, dataClass: DataClass, declared: readonly Gap[]): boolean {
  const named = declared.map((gap): DeclaredGap => ({ host, class: dataClass, ...gap }));
  return gaps.add(named) === 0 && declared.length > 0;
}
