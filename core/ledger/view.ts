import { auditHop } from '../../lib/audit.ts';
import type { Ledger } from '../../lib/ledger.ts';
import { Ranges } from '../../lib/ranges.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { SequenceRanges } from '../ports/metric-store.ts';
import type { BusSide } from './bus-hop.ts';
import { byRelay, type RelayLedger } from './by-relay.ts';
import { type Gaps, gapKey } from './gaps.ts';
import { compareHop, type Hop, inWords, sumLedgers } from './hops.ts';
import { lossesInWords } from './losses.ts';

export interface LedgerView {
  tiers: RelayLedger[];
  hops: Hop[];
  balanced: boolean;
  words: string[];
}

/** The accounts of the processes that make up this core: one, or those of a split one. */
export interface CoreAccounts {
  /** Of each process, and whether it takes data in, or brings it from the bus to the log store, or both. */
  cores(): readonly { readonly ledger: Ledger; readonly takes: boolean; readonly indexes: boolean }[];
  /** What this process put on the bus for others, and took from it; null where nothing is between processes. */
  bus(): BusSide | null;
  /** What went over the bus, where others take it than put it there. */
  busHops(): readonly Hop[];
  /** What came by doors; null if nothing did. */
  doors(): readonly Ledger[];
  relays(): readonly Ledger[];
  /** Frames that the stores hold, and those that were set aside. */
  sequences(): Promise<SequenceRanges[]>;
  /** Resolves when what is on the bus now is indexed, or after `withinMs`; the frames that are not after all. */
  indexed(withinMs: number): Promise<number>;
}

export interface LedgerParts {
  readonly accounts: CoreAccounts;
  readonly fleet: Fleet;
  readonly gaps: Gaps;
}

/** All accounts side by side. More than a few collectors are shown as one sum unless `everyHost`. */
export function ledgerView(parts: LedgerParts, everyHost: boolean): LedgerView {
  const cores = parts.accounts.cores();
  const relays = byRelay(parts.accounts.relays(), parts.fleet.relays());
  const collectors = collectorLedgers(parts.fleet);
  const shown =
    everyHost || collectors.length <= 20
      ? collectors
      : [sumLedgers('collector', `all ${collectors.length}`, collectors)];
  const doors = parts.accounts.doors();
  const senders = [...relays, ...doors];
  const ledgers = cores.map(({ ledger }) => ledger);
  const taking = cores.filter(({ takes }) => takes).map(({ ledger }) => ledger);
  const hops = [
    ...compareHop('collectors', 'relays', collectors, relays, true),
    ...compareHop(doors.length > 0 ? 'relays and doors' : 'relays', 'core', senders, senders.length > 0 ? taking : []),
    ...parts.accounts.busHops(),
  ];
  const tiers = [...shown, ...relays, ...ledgers];
  return { tiers, hops, ...inWords(tiers, hops) };
}

/** ledgerView; when something was acknowledged and is not there, the words also name the hosts whose frames they are. */
export async function ledgerWithHosts(parts: LedgerParts, everyHost: boolean): Promise<LedgerView> {
  const view = ledgerView(parts, everyHost);
  if (!view.hops.some((hop) => hop.state === 'missing')) return view;
  const { collectors, stored } = await sequencesView(parts);
  const lost = auditHop('collectors to core', collectors, stored, { strict: false }).filter(
    ({ kind }) => kind === 'lost',
  );
  return { ...view, words: [...view.words.slice(0, -1), ...lossesInWords(lost), ...view.words.slice(-1)] };
}

function collectorLedgers(fleet: Fleet): Ledger[] {
  return fleet.statuses().flatMap(({ host, status }) => {
    // Checked when the status came; a host without one has nothing to say yet.
    return status.ledger === null ? [] : [{ ...status.ledger, tier: 'collector' as const, name: host }];
  });
}

export interface SequencesView {
  collectors: SequenceRanges[];
  stored: SequenceRanges[];
  /** Frames that were on the bus when asked and are there still: durable, and not among `stored` yet. */
  queued: number;
}

/** How long a question waits for the indexer to come to where the bus was when it was asked. */
const PATIENCE_MS = 10_000;

/**
 * For the audit, sequence by sequence: `collectors` is what each says was acknowledged to it (declared drops taken out),
 * `stored` what the stores and the dead letters hold, as soon as they hold all that was acknowledged before the question.
 */
export async function sequencesView(parts: LedgerParts): Promise<SequencesView> {
  const collectors: SequenceRanges[] = [];
  const declared = parts.gaps.declared();
  const none = new Ranges();
  for (const { host, status } of parts.fleet.statuses()) {
    for (const [name, part] of Object.entries(status.classes)) {
      const dataClass = name as SequenceRanges['class'];
      const given = declared.get(gapKey(host, status.boot, dataClass)) ?? none;
      const acknowledged = new Ranges(given.missing(1, part.floor - 1));
      for (const [from, to] of part.acknowledged) acknowledged.addRange(from, to);
      collectors.push({ host, boot: status.boot, class: dataClass, ranges: acknowledged.pairs() });
    }
  }
  const queued = await parts.accounts.indexed(PATIENCE_MS);
  return { collectors, stored: await parts.accounts.sequences(), queued };
}
