import type { DataClass } from '../../proto/class.ts';
import type { Amount, LedgerEntry } from '../ledger.ts';
import type { ChainTotals, Count } from './contract.ts';

function amount(count: Readonly<Count>): Amount {
  return { frames: count.records, items: count.items };
}

/** A chain's totals as an entry of the ledger, where one record is one frame. */
export function ledgerEntry(dataClass: DataClass, totals: ChainTotals): LedgerEntry {
  const dropped: Record<string, Amount> = {};
  for (const [reason, count] of Object.entries(totals.dropped)) dropped[reason] = amount(count);
  return {
    class: dataClass,
    in: amount(totals.in),
    out: amount(totals.out),
    queued: amount(totals.queued),
    repeated: amount(totals.repeated),
    dropped,
  };
}
