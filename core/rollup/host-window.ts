import { ROLLED_INSTANCE } from '../../proto/page.ts';
import { FLEET_RULE, type SketchWindow } from '../../proto/sketches.ts';
import { SPOKEN_INSTANCE } from '../../proto/spoken-instance.ts';

/**
 * A window of a collector's sketches as it is merged: of each host by itself, under its instance, or where the collector says so with those of all hosts. Its rule has
 * a name that none of a relay has, so that no host is in what relays roll up.
 */
export function hostWindow(window: SketchWindow, host: string): SketchWindow {
  const isFleet = window.rule === FLEET_RULE;
  const groups = window.groups.map(({ series: { name, labels }, distribution }) => {
    const own = labels.filter(([label]) => label !== SPOKEN_INSTANCE && label !== ROLLED_INSTANCE);
    if (!isFleet) {
      const instance = labels.find(([label]) => label === SPOKEN_INSTANCE)?.[1] ?? host;
      own.push([ROLLED_INSTANCE, instance]);
    }
    return { series: { name, labels: own.sort(([a], [b]) => (a < b ? -1 : 1)) }, distribution };
  });
  return { ...window, rule: isFleet ? '@fleet' : '@host', worker: null, groups };
}
