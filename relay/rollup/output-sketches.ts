import { LIMITS } from '../../proto/limits.ts';
import { compareSeries } from '../../proto/page.ts';
import { encodeSketchesBody, type SketchGroup, type SketchWindow } from '../../proto/sketches.ts';
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
 * @throws HG_WIRE_*
 */
export function sketchBodies(sketches: readonly OutputSketch[], worker: number | null): SketchesBody[] {
  const byWindow = new Map<RollupRule, Map<number, SketchGroup[]>>();
  for (const { rule, outputs, group, window } of sketches) {
    const series = { name: groupName(group.metric, rule), labels: group.labels };
    const ends = byWindow.get(rule) ?? new Map<number, SketchGroup[]>();
    byWindow.set(rule, ends);
    const groups = ends.get(window.end) ?? [];
    ends.set(window.end, groups);
    groups.push({ series, ...partOf(rule.plan!, outputs, window.states) });
  }
  const bodies: SketchesBody[] = [];
  for (const [{ name, lateness, plan, merge, intervalMs }, ends] of byWindow) {
    for (const [end, groups] of ends) {
      groups.sort((a, b) => compareSeries(a.series, b.series));
      for (let from = 0; from < groups.length; from += LIMITS.seriesPerPage) {
        const some = groups.slice(from, from + LIMITS.seriesPerPage);
        const window = { ...plan!, rule: name, worker, end, lateness: Math.ceil(lateness), groups: some };
        bodies.push(...bodiesOf({ ...window, interval: intervalMs, own: merge === 'relay' }));
      }
    }
  }
  return bodies;
}

/** In halves where they are too large for a frame together. */
function bodiesOf(window: SketchWindow): SketchesBody[] {
  const { groups } = window;
  const body = encodeSketchesBody(window);
  if (body.length <= FRAME_BYTES || groups.length === 1) return [{ sketches: groups.length, body }];
  const half = groups.length >> 1;
  return [groups.slice(0, half), groups.slice(half)].flatMap((some) => bodiesOf({ ...window, groups: some }));
}
