import { addToDistribution, startDistribution } from '../../../lib/distribution.ts';
import type { BlockEntry } from '../../../proto/block.ts';
import { encodeFrame } from '../../../proto/frame.ts';
import { makeBoot } from '../../../proto/hash.ts';
import { encodeSketchesBody, type SketchWindow } from '../../../proto/sketches.ts';

const BOOT = makeBoot(1, new Uint8Array(8));

/** A window of some services, each with the values 1 to `values`. */
export function windowOf(
  services: number,
  values: number,
  end: number,
  more: Partial<SketchWindow> = {},
): SketchWindow {
  const groups = Array.from({ length: services }, (_, i) => {
    const distribution = startDistribution(0);
    for (let value = 1; value <= values; value++) addToDistribution(distribution, value, []);
    return { series: { name: 'took:1s', labels: [['service', `s${1000 + i}`] as const] }, distribution };
  });
  const plan = { quantiles: [0.5], bounds: [], plain: ['count_samples'] };
  return { rule: 'took', worker: null, end, lateness: 0, ...plan, groups, ...more };
}

/** A frame of sketches as it stands in a block. */
export function sketchEntry(body: Uint8Array, sequence: number, count: number, host: string): BlockEntry {
  const created = Date.now();
  const header = { class: 'metric', boot: BOOT, sequence, floor: 1, created, count, previous: null } as const;
  return { host, received: created, skew: 0, frame: encodeFrame({ ...header, kind: 'sketches' }, body) };
}

export function windowEntry(window: SketchWindow, sequence: number, host: string): BlockEntry {
  return sketchEntry(encodeSketchesBody(window), sequence, window.groups.length, host);
}
