import { type Probed, quantile } from '../../engines/probe.ts';
import type { BenchResult } from '../../result.ts';
import type { FreshnessCounts } from '../freshness-counts.ts';
import { type OneRun, PROBE_LIMIT_MS } from '../one-run.ts';
import { WAY_PARTS, type WayPart } from '../snapshot.ts';

/** Embedded: p99 within this, s; an engine: its own floor and so much. */
const EMBEDDED_SECONDS = 1;
const OVER_FLOOR_SECONDS = 0.5;
/** What is not there when it is looked for no longer counts as that long, and meets no target: nobody knows how late it is. */
const MOST_SECONDS = (PROBE_LIMIT_MS - 1) / 1_000;

/** How late samples are, by real queries and as the core counts it; what came while it was counted. */
export function freshnessFigures({ options, before, after, probes }: OneRun): BenchResult[] {
  if (options.store === 'sink') return [];
  const floor = probes.floor.length > 0 ? ofProbes(probes.floor, 0.99) : null;
  const target = floor === null ? EMBEDDED_SECONDS : Math.min(floor + OVER_FLOOR_SECONDS, MOST_SECONDS);
  return [
    ...(floor === null
      ? []
      : probed("pushed to queryable, the store's own floor", probes.floor, undefined, 'pushed at the store itself')),
    ...probed('sent to queryable, by queries', probes.hosts, target, 'newest samples of simulated hosts'),
    ...counted('sent to queryable, as the core counts it', after.freshness.sent.since(before.freshness.sent), target),
    ...WAY_PARTS.flatMap((part) => ofWay(part, after.freshness.way[part].since(before.freshness.way[part]))),
    ...probed('pushed to queryable', probes.door, target, 'at a door of the core'),
    ...counted(
      `sample time to queryable, the oldest of a frame of ${options.instants}`,
      after.freshness.sampled.since(before.freshness.sampled),
      undefined,
    ),
  ];
}

const WAY_NAMES: Readonly<Record<WayPart, string>> = {
  to_relay: 'made until the relay has it',
  at_relay: 'from there until its block is at the core',
  at_core: 'from there until the store took it',
};

/** A part of the way of the frames that the core counts. */
function ofWay(part: WayPart, counts: FreshnessCounts): BenchResult[] {
  if (counts.count === 0) return [];
  return [{ name: `of that ${WAY_NAMES[part]}, p99`, value: counts.quantile(0.99), unit: 's' }];
}

function probed(name: string, probes: readonly Probed[], target: number | undefined, what: string): BenchResult[] {
  if (probes.length === 0) return [];
  const missed = probes.filter(({ ms }) => ms === null).length;
  const limit = PROBE_LIMIT_MS / 1_000;
  const note = `${probes.length} probes, ${what}${missed > 0 ? `; ${missed} not there within ${limit} s, which they count as` : ''}`;
  return figures(name, (share) => ofProbes(probes, share), ofProbes(probes, 1), target, note);
}

function counted(name: string, counts: FreshnessCounts, target: number | undefined): BenchResult[] {
  if (counts.count === 0) return [];
  const most = counts.most;
  // Above the last edge nothing is known but that.
  const max = Number.isFinite(most) ? most : counts.quantile(1);
  const note = `${counts.count} frames; the longest is the upper edge of its bucket`;
  return figures(name, (share) => counts.quantile(share), max, target, note);
}

function figures(
  name: string,
  of: (share: number) => number,
  max: number,
  target: number | undefined,
  note: string,
): BenchResult[] {
  const unit = 's';
  return [
    { name: `${name}, p50`, value: of(0.5), unit, note },
    { name: `${name}, p99`, value: of(0.99), unit, ...(target === undefined ? {} : { target: round(target) }) },
    { name: `${name}, the longest`, value: max, unit },
  ];
}

function ofProbes(probes: readonly Probed[], share: number): number {
  return quantile(probes, share, PROBE_LIMIT_MS) / 1_000;
}

function round(seconds: number): number {
  return Number(seconds.toFixed(3));
}
