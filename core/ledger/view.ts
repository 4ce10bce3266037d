import { setTimeout as wait } from 'node:timers/promises';
import { auditHop } from '../../lib/audit.ts';
import type { Ledger } from '../../lib/ledger.ts';
import { Ranges } from '../../lib/ranges.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { MetricStore, SequenceRanges } from '../ports/metric-store.ts';
import type { Account } from './account.ts';
import type { DeadLetters } from './dead-letters.ts';
import { type Gaps, gapKey } from './gaps.ts';
import { compareHop, type Hop, inWords, sumLedgers } from './hops.ts';
import { lossesInWords } from './losses.ts';
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
  const doors = parts.account.doors?.ledger() ?? null;
  const senders = doors ? [...relays, doors] : relays;
  const hops = [
    ...compareHop('collectors', 'relays', collectors, relays, true),
    ...compareHop(doors ? 'relays and doors' : 'relays', 'core', senders, senders.length > 0 ? [core] : []),
  ];
  const tiers = [...shown, ...relays, core];
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
const LOOK_EVERY_MS = 25;

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
  const queued = await indexed(parts);
  const [metrics, logs] = await Promise.all([parts.metrics.sequences(), parts.logs.sequences()]);
  return { collectors, stored: [...metrics, ...logs, ...parts.deadLetters.sequences()], queued };
}

/** Waits until the frames that are on the bus now are indexed; the number of those that are not after all. */
async function indexed(parts: LedgerParts): Promise<number> {
  const until = parts.now() + PATIENCE_MS;
  const asked = parts.account.ledger(parts.now()).entries;
  for (;;) {
    let left = 0;
    for (const [i, entry] of parts.account.ledger(parts.now()).entries.entries()) {
      left += Math.max(0, asked[i]!.in.frames - (entry.in.frames - entry.queued.frames));
    }
    if (left === 0 || parts.now() >= until) return left;
    await wait(LOOK_EVERY_MS);
  }
}
