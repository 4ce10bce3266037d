import type { Ledger } from '../../lib/ledger.ts';
import type { RelayLink } from '../fleet/fleet.ts';
import { relayOfKey, workerOfKey } from '../fleet/relay-key.ts';
import { sumLedgers } from './hops.ts';

/** A worker that its relay has no more: the account of its folder is part of the relay's for ever. */
export interface FormerWorker {
  readonly worker: number;
  /** Of its last account, ms since the epoch. */
  readonly time: number;
  /** All that it had is with the core. */
  readonly emptied: boolean;
  readonly entries: Ledger['entries'];
}

export interface RelayLedger extends Ledger {
  /** Those whose accounts are in the sum, though they take nothing in any more. */
  former?: FormerWorker[];
}

/**
 * The accounts of relays' processes, one for each relay. It is as old as the oldest of its processes that take collectors in:
 * what that one may have taken in since is not missing. One that only empties its folder takes nothing in, so its last word stands.
 * @param ledgers the last account of each process, by its key
 * @param links the streams that stand
 */
export function byRelay(ledgers: readonly Ledger[], links: readonly RelayLink[]): RelayLedger[] {
  const parts = Map.groupBy(ledgers, ({ name }) => relayOfKey(name));
  return [...parts].map(([name, of]) => {
    const workers = workersOf(name, of, links);
    const takesIn = (ledger: Ledger) => workerOfKey(ledger.name) < workers;
    const taking = of.filter(takesIn);
    const former = of.filter((ledger) => !takesIn(ledger)).map(formerWorker);
    const { version, tier, entries, time } = of.length === 1 ? of[0]! : sumLedgers('relay', name, of);
    const oldest = taking.length > 0 ? Math.min(...taking.map((ledger) => ledger.time)) : time;
    return { version, tier, name, time: oldest, entries, ...(former.length > 0 ? { former } : {}) };
  });
}

/** By its streams; where there are none, the relay is away or the core has just begun, as its newest account has it. */
function workersOf(name: string, ledgers: readonly Ledger[], links: readonly RelayLink[]): number {
  const streams = links.filter(({ relay }) => relay === name);
  if (streams.length > 0) return Math.max(...streams.map(({ workers }) => workers));
  const newest = ledgers.reduce((best, ledger) => (ledger.time > best.time ? ledger : best));
  return newest.workers ?? Number.POSITIVE_INFINITY;
}

function formerWorker({ name, time, entries }: Ledger): FormerWorker {
  return { worker: workerOfKey(name), time, emptied: entries.every(({ queued }) => queued.frames === 0), entries };
}
