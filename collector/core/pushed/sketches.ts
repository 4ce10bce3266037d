import {
  type Distribution,
  type DistributionPlan,
  mergeDistribution,
  startDistribution,
} from '../../../lib/distribution.ts';
import { LIMITS } from '../../../proto/limits.ts';
import { compareSeries } from '../../../proto/page.ts';
import { encodeSketchesBody, type SketchGroup, type SketchWindow, sketchCells } from '../../../proto/sketches.ts';
import type { Labels } from '../sources/source.ts';

/** What the values of one series in one window come to. */
export interface PushedSketch {
  readonly name: string;
  /** As [key, value, key, value ...], in any order. */
  readonly labels: Labels;
  readonly distribution: Distribution;
}

/** A window of sketches. */
export interface PushedWindow {
  /** By which those of several hosts are told apart or merged; `HOST_RULE` or `FLEET_RULE`. */
  readonly rule: string;
  /** Where it ends, ms since the epoch. */
  readonly end: number;
  readonly plan: DistributionPlan;
}

/** A frame with sketches is no larger: half of what a frame may have. */
const FRAME_BYTES = LIMITS.frameBytes / 2;

/** Bodies of frames for sketches of one window; those of one series are merged. @throws HG_WIRE_* */
export function sketchesBodies(
  { rule, end, plan }: PushedWindow,
  groups: readonly SketchGroup[],
): { body: Uint8Array; sketches: number }[] {
  const sorted = mergedGroups(groups, plan.bounds.length);
  const window = { ...plan, rule, worker: null, end: Math.round(end), lateness: 0 };
  const bodies: { body: Uint8Array; sketches: number }[] = [];
  for (let from = 0; from < sorted.length; from += LIMITS.seriesPerPage) {
    bodies.push(...halved({ ...window, groups: sorted.slice(from, from + LIMITS.seriesPerPage) }));
  }
  return bodies;
}

function halved(window: SketchWindow): { body: Uint8Array; sketches: number }[] {
  const { groups } = window;
  // One alone always has room.
  if (sketchCells(groups) <= LIMITS.sketchCells) {
    const body = encodeSketchesBody(window);
    if (body.length <= FRAME_BYTES || groups.length === 1) return [{ body, sketches: groups.length }];
  }
  const half = groups.length >> 1;
  return [groups.slice(0, half), groups.slice(half)].flatMap((some) => halved({ ...window, groups: some }));
}

function mergedGroups(groups: readonly SketchGroup[], bounds: number): SketchGroup[] {
  const sorted = [...groups].sort((a, b) => compareSeries(a.series, b.series));
  const merged: SketchGroup[] = [];
  for (const group of sorted) {
    const last = merged.at(-1);
    if (last === undefined || compareSeries(last.series, group.series) !== 0) {
      merged.push(group);
      continue;
    }
    const distribution = startDistribution(bounds);
    mergeDistribution(distribution, last.distribution);
    mergeDistribution(distribution, group.distribution);
    merged[merged.length - 1] = { series: last.series, distribution };
  }
  return merged;
}
