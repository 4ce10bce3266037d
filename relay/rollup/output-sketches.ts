import { selectorText } from '../../lib/promql/selector-text.ts';
import { LIMITS } from '../../proto/limits.ts';
import { compareSeries } from '../../proto/page.ts';
import {
  encodeSketchesBody,
  type SketchGroup,
  type SketchInputs,
  type SketchWindow,
  sketchCells,
} from '../../proto/sketches.ts';
import { FRAME_BYTES, type SketchesBody } from '../own-metrics.ts';
import type { Group, OpenWindow } from './group.ts';
import { groupName } from './output-name.ts';
import type { Output } from './outputs/contract.ts';
import { partOf } from './outputs/parts.ts';
import type { RollupRule } from './rules.ts';

/** What a relay has of one window of one group that closed, for the core to merge. */
export interface OutputSketch {
  readonly rule: RollupRule;
  /** Of the rule, which has a plan. */
  readonly outputs: readonly Output[];
  readonly group: Group;
  readonly window: OpenWindow;
}

/**
 * The bodies of frames that say what windows held: a frame is of one rule and one window.
 * @param worker which of the relay's processes it is; null: the relay is one
 * @param changed series do not go on to the core as they went in here
 * @throws HG_WIRE_*
 */
export function sketchBodies(
  sketches: readonly OutputSketch[],
  worker: number | null,
  changed: boolean,
): SketchesBody[] {
  const byWindow = new Map<RollupRule, Map<number, SketchGroup[]>>();
  for (const { rule, outputs, group, window } of sketches) {
    const series = { name: groupName(group.metric, rule), labels: group.labels };
    const ends = byWindow.get(rule) ?? new Map<number, SketchGroup[]>();
    byWindow.set(rule, ends);
    const groups = ends.get(window.end) ?? [];
    ends.set(window.end, groups);
    groups.push({ series, ...partOf(rule.plan!, outputs, window.states), touched: window.touched });
  }
  const bodies: SketchesBody[] = [];
  for (const [rule, ends] of byWindow) {
    const { name, lateness, plan, merge, intervalMs } = rule;
    const inputs = changed ? null : inputsOf(rule);
    for (const [end, groups] of ends) {
      groups.sort((a, b) => compareSeries(a.series, b.series));
      for (let from = 0; from < groups.length; from += LIMITS.seriesPerPage) {
        const some = groups.slice(from, from + LIMITS.seriesPerPage);
        const window = { ...plan!, rule: name, worker, end, lateness: Math.ceil(lateness), groups: some };
        bodies.push(...bodiesOf({ ...window, interval: intervalMs, own: merge !== 'core', inputs }));
      }
    }
  }
  return bodies;
}

/** What the core finds the samples by, where they go on to it. */
function inputsOf({ match, by, without, staleness, inputs }: RollupRule): SketchInputs | null {
  return inputs === 'drop' ? null : { match: match.map(selectorText), by, without, staleness: Math.ceil(staleness) };
}

/** In halves where they are too large for a frame together. */
function bodiesOf(window: SketchWindow): SketchesBody[] {
  const { groups } = window;
  // One alone always has room.
  if (sketchCells(groups) <= LIMITS.sketchCells) {
    const body = encodeSketchesBody(window);
    if (body.length <= FRAME_BYTES || groups.length === 1) return [{ sketches: groups.length, body }];
  }
  const half = groups.length >> 1;
  return [groups.slice(0, half), groups.slice(half)].flatMap((some) => bodiesOf({ ...window, groups: some }));
}
