import { type Amount, sumOfAmounts } from '../../lib/ledger.ts';
import { sumOfStates } from '../../lib/limits/merged-report.ts';
import type { RelayConfig } from '../config.ts';
import type { ClassState, LaneState, ProcessStatus, Rate, RelayStatus, WorkerState } from './contract.ts';
import { firstRows } from './first-rows.ts';
import { CERTIFICATE_MS, sumOfTotals } from './host-totals.ts';
import { rowOrder } from './row-order.ts';
import type { StatusQuery } from './status-query.ts';
import { verdict } from './verdict.ts';

/** What the relay as a whole knows of itself. */
export interface RelayFacts {
  readonly relay: string;
  readonly site: string;
  /** ms since the epoch. */
  readonly time: number;
  readonly skewMs: number;
  readonly connections: number;
}

/** @param time ms since the epoch */
export function factsOf(config: RelayConfig, time: number): RelayFacts {
  const { name: relay, site, clockSkew: skewMs, limits } = config;
  return { relay, site, time, skewMs, connections: limits.connections };
}

/**
 * The relay's status: the sum of its processes.
 * @param away workers that do not answer: a line each, and none of the sums knows what they have
 */
export function wholeStatus(
  facts: RelayFacts,
  query: StatusQuery,
  processes: readonly ProcessStatus[],
  away: readonly WorkerState[] = [],
): RelayStatus {
  const sum = (of: (process: ProcessStatus) => number) => processes.reduce((total, one) => total + of(one), 0);
  const workers = [...processes.map(({ worker }) => worker), ...away].sort((a, b) => a.worker - b.worker);
  const rows = firstRows(
    processes.flatMap((process) => process.rows),
    query.from + query.count,
    rowOrder(query.sort),
  ).slice(query.from);
  const status = {
    version: 1,
    relay: facts.relay,
    site: facts.site,
    time: facts.time,
    limits: { certificateMs: CERTIFICATE_MS, skewMs: facts.skewMs, connections: facts.connections },
    certificateEnds: processes[0]?.certificateEnds ?? null,
    hosts: sumOfTotals(processes.map(({ hosts }) => hosts)),
    rate: sumOfRates(processes.map(({ worker }) => worker.rate)),
    journal: {
      bytes: sum(({ worker }) => worker.journal.bytes),
      maxBytes: sum(({ worker }) => worker.journal.maxBytes),
    },
    handshakes: {
      waiting: sum(({ worker }) => worker.handshakes.waiting),
      perSecond: sum(({ worker }) => worker.handshakes.perSecond),
    },
    definitions: {
      definitions: sum(({ definitions }) => definitions.definitions),
      pages: sum(({ definitions }) => definitions.pages),
      series: sum(({ definitions }) => definitions.series),
    },
    cardinality: sumOfStates(processes.flatMap(({ cardinality }) => cardinality ?? [])),
    classes: sumOfClasses(processes.map(({ classes }) => classes)),
    // One process evaluates them for all.
    rules: processes.find(({ rules }) => rules !== null)?.rules ?? null,
    // The first process has them.
    doors: processes.find(({ doors }) => doors !== null)?.doors ?? null,
    workers,
    page: { sort: query.sort, host: query.host, from: query.from, matching: sum(({ matching }) => matching) },
    rows,
  } as const;
  return { ...status, ...verdict(status, processes) };
}

/** Known where all of them know it; over the shortest time of theirs. */
function sumOfRates(rates: readonly Rate[]): Rate {
  const sum = (of: 'itemsPerSecond' | 'framesPerSecond') =>
    rates.reduce<number | null>((total, rate) => (total === null || rate[of] === null ? null : total + rate[of]), 0);
  const times = rates.flatMap(({ overMs }) => overMs ?? []);
  const overMs = times.length > 0 && times.length === rates.length ? Math.min(...times) : null;
  return overMs === null
    ? { overMs, itemsPerSecond: null, framesPerSecond: null }
    : { overMs, itemsPerSecond: sum('itemsPerSecond'), framesPerSecond: sum('framesPerSecond') };
}

function sumOfClasses(all: readonly (readonly ClassState[])[]): ClassState[] {
  const [first, ...others] = all;
  if (!first) return [];
  return others.reduce<ClassState[]>((sum, classes) => sum.map((one, i) => sumOfClass(one, classes[i]!)), [...first]);
}

function sumOfClass(a: ClassState, b: ClassState): ClassState {
  const dropped: Record<string, Amount> = { ...a.dropped };
  for (const [reason, amount] of Object.entries(b.dropped)) {
    dropped[reason] = Object.hasOwn(dropped, reason) ? sumOfAmounts([dropped[reason]!, amount]) : amount;
  }
  return {
    class: a.class,
    in: sumOfAmounts([a.in, b.in]),
    out: sumOfAmounts([a.out, b.out]),
    queued: sumOfAmounts([a.queued, b.queued]),
    repeated: sumOfAmounts([a.repeated, b.repeated]),
    dropped,
    pressure: Math.max(a.pressure, b.pressure),
    live: sumOfLanes(a.live, b.live),
    backfill: sumOfLanes(a.backfill, b.backfill),
  };
}

function sumOfLanes(a: LaneState, b: LaneState): LaneState {
  return {
    unreadBytes: a.unreadBytes + b.unreadBytes,
    blockBytes: a.blockBytes + b.blockBytes,
    withCore: a.withCore + b.withCore,
    again: a.again + b.again,
  };
}
