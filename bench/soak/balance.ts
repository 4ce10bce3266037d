import { imbalance, type Ledger, type LedgerEntry } from '../../lib/ledger.ts';
import { faultsOf } from '../../simulator/findings.ts';
import type { RunReport } from '../../simulator/report.ts';

/** Samples, hop by hop, when nothing waits anywhere any more. */
export interface Balance {
  readonly sent: number;
  readonly acknowledged: number;
  /** Given up in outboxes and declared. */
  readonly givenUp: number;
  readonly relay: LedgerEntry;
  readonly core: LedgerEntry;
  /** Counted in the store by queries; null where nobody asked. */
  readonly stored: number | null;
  /** Where it does not come out even, in words. */
  readonly wrong: readonly string[];
}

/**
 * Whether sent = acknowledged = stored + dropped (with a reason) + repeated, to the last sample, by the accounts of all three.
 * @param doors samples that came to the core by other ways than the relay
 */
export function balanceOf(report: RunReport, relayLedger: Ledger, coreLedger: Ledger, doors: number): Balance {
  const { sent, acknowledged, dropped: givenUp } = report.samples;
  const relay = metricOf(relayLedger);
  const core = metricOf(coreLedger);
  const wrong: string[] = [];
  const same = (what: string, left: number, right: number) => {
    if (left !== right) wrong.push(`${what}: ${left} and ${right}, ${Math.abs(left - right)} apart`);
  };
  same('sent, and acknowledged or given up', sent, acknowledged + givenUp);
  same('acknowledged, and taken by the relay once', acknowledged, relay.in.items - relay.repeated.items);
  same('in and all else of the relay', imbalance(relay).items, 0);
  same('still in the relay', relay.queued.items, 0);
  same(
    'forwarded by the relay and pushed at doors, and taken by the core',
    relay.out.items + doors,
    core.in.items - core.repeated.items,
  );
  same('in and all else of the core', imbalance(core).items, 0);
  same('still in the core', core.queued.items, 0);
  const stored = storedOf(report);
  const given = droppedItems(relay) + droppedItems(core);
  if (stored !== null) {
    same('acknowledged, and found in the store by queries or dropped with a reason', acknowledged, stored + given);
  }
  const { verified } = report;
  const faults = verified === null ? 0 : faultsOf(verified.samples) + faultsOf(verified.counts);
  if (faults > given) wrong.push(`${faults - given} faults in the store`);
  return { sent, acknowledged, givenUp, relay, core, stored, wrong };
}

/** Counted for all hosts, or compared for all of them; what was not looked at cannot be there. */
function storedOf({ verified }: RunReport): number | null {
  if (verified === null) return null;
  const { samples, counts } = verified;
  const of = counts.checked > 0 ? counts : samples;
  return of.checked - of.missing;
}

function droppedItems({ dropped }: LedgerEntry): number {
  return Object.values(dropped).reduce((sum, { items }) => sum + items, 0);
}

/** By reason. */
export function droppedOf({ dropped }: LedgerEntry): string {
  const reasons = Object.entries(dropped).map(([reason, { items }]) => `${items} ${reason}`);
  return reasons.length === 0 ? 'nothing dropped' : `dropped: ${reasons.join(', ')}`;
}

function metricOf(ledger: Ledger): LedgerEntry {
  return ledger.entries.find((entry) => entry.class === 'metric')!;
}
