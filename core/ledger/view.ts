import type { Ledger } from '../../lib/ledger.ts';
import { Ranges } from '../../lib/ranges.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { MetricStore, SequenceRanges } from '../ports/metric-store.ts';
import type { Account } from './account.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Gaps } from './gaps.ts';
import { compareHop, type Hop, inWords, sumLedgers } from './hops.ts';
import type { Reports } from './reports.ts';

export interface LedgerView {
  tiers: Ledger[];
  hops: Hop[];
  balanced: boolean;
  words: string[];
}

export interface LedgerParts {
  readonly account: Account;
  readonly reports: Reports;
  readonly fleet: Fleet;
  readonly gaps: Gaps;
  readonly deadLetters: DeadLetters;
  readonly metrics: MetricStore;
  readonly logs: LogStore;
  readonly now: () => number;
}

/** All accounts side by side. More than a few collectors are shown as one sum unless `everyHost`. */
export function ledgerView(parts: LedgerParts, everyHost: boolean): LedgerView {
  const core = parts.account.ledger(parts.now());
  const relays = parts.reports.relays();
  const collectors = collectorLedgers(parts.fleet);
  const shown =
    everyHost || collectors.length <= 20
      ? collectors
      : [sumLedgers('collector', `all ${collectors.length}`, collectors)];
  const hops = [
    ...compareHop('collectors', 'relays', collectors, relays),
    ...compareHop('relays', 'core', relays, relays.length > 0 ? [core] : []),
  ];
  const tiers = [...shown, ...relays, core];
  return { tiers, hops, ...inWords(tiers, hops) };
}

function collectorLedgers(fleet: Fleet): Ledger[] {
  return fleet.statuses().flatMap(({ host, status }) => {
    // Checked when the status came; a host without one has nothing to say yet.
    return status.ledger === null ? [] : [{ ...status.ledger, tier: 'collector' as const, name: host }];
  });
}

/**
 * For the audit, sequence by sequence: `collectors` is what each says was acknowledged to it (declared drops taken out),
 * `stored` what the stores and the dead letters hold.
 */
export async function sequencesView(
  parts: LedgerParts,
): Promise<{ collectors: SequenceRanges[]; stored: SequenceRanges[] }> {
  const collectors: SequenceRanges[] = [];
  for (const { host, status } of parts.fleet.statuses()) {
    for (const [name, part] of Object.entries(status.classes)) {
      const dataClass = name as SequenceRanges['class'];
      const given = parts.gaps.declared(host, status.boot, dataClass);
      const acknowledged = new Ranges(given.missing(1, part.floor - 1));
      for (const [from, to] of part.acknowledged) acknowledged.addRange(from, to);
      collectors.push({ host, boot: status.boot, class: dataClass, ranges: acknowledged.pairs() });
    }
  }
  const [metrics, logs] = await Promise.all([parts.metrics.sequences(), parts.logs.sequences()]);
  return { collectors, stored: [...metrics, ...logs, ...parts.deadLetters.sequences()] };
}
