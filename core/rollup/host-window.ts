import { mergeDistribution, startDistribution } from '../../lib/distribution.ts';
import { HeliographError } from '../../lib/errors.ts';
import { compareSeries, type PageSeries, ROLLED_INSTANCE } from '../../proto/page.ts';
import { FLEET_RULE, type SketchGroup, type SketchWindow } from '../../proto/sketches.ts';
import { SPOKEN_INSTANCE } from '../../proto/spoken-instance.ts';

/** No rule of a relay's begins so. */
const OF_HOSTS = '@';

/**
 * A window of a collector's sketches as it is merged: of each host by itself, under its instance, or where the collector says so with those of all hosts. Its rule has
 * a name that none of a relay has, so that no host is in what relays roll up, and only what hosts may say is in it.
 * @throws HeliographError HG_CORE_FRAME for what only relays send: outputs of roll-up rules, and their names
 */
export function hostWindow(window: SketchWindow, host: string): SketchWindow {
  // In the layout of roll-ups alone.
  if (window.interval !== undefined) throw refused('outputs of roll-ups');
  const isFleet = window.rule === FLEET_RULE;
  const { end, quantiles, bounds, plain } = window;
  const groups = window.groups.map(({ series, distribution }) => ({
    series: mergedSeries(series, isFleet ? null : host),
    distribution,
  }));
  return {
    ...{ rule: `${OF_HOSTS}${isFleet ? 'fleet' : 'host'}`, worker: null, end, lateness: 0 },
    ...{ quantiles, bounds, plain, groups: withoutTwins(groups, bounds.length) },
  };
}

/** Whether a window that waits is one of those. */
export function isOfHosts({ rule }: { readonly rule: string }): boolean {
  return rule.startsWith(OF_HOSTS);
}

/**
 * Who sent a window, for who merges it: of one host several add up, as after a start within a window, and only a frame that comes again is the same.
 */
export function hostSender(
  host: string,
  { boot, sequence }: { readonly boot: string; readonly sequence: number },
): string {
  return `host ${host} ${boot} ${sequence}`;
}

/** Whose frame that was, or the relay's name. */
export function senderName(sender: string): string {
  return /^(host .+) \S+ \d+$/.exec(sender)?.[1] ?? sender;
}

/** @param host null: of all hosts */
function mergedSeries({ name, labels }: PageSeries, host: string | null): PageSeries {
  // As roll-ups' results are called, which are merged under the same names.
  if (name.includes(':')) throw refused(`the name ${name.slice(0, 200)}`);
  const own = labels.filter(([label]) => label !== SPOKEN_INSTANCE && label !== ROLLED_INSTANCE);
  if (host !== null) {
    own.push([ROLLED_INSTANCE, labels.find(([label]) => label === SPOKEN_INSTANCE)?.[1] ?? host]);
  }
  return { name, labels: own.sort(([a], [b]) => (a < b ? -1 : 1)) };
}

/** Those that have become one series add up. */
function withoutTwins(groups: SketchGroup[], bounds: number): SketchGroup[] {
  const merged: SketchGroup[] = [];
  let isSum = false;
  for (const group of groups.sort((a, b) => compareSeries(a.series, b.series))) {
    const last = merged.at(-1);
    if (last === undefined || compareSeries(last.series, group.series) !== 0) {
      merged.push(group);
      isSum = false;
      continue;
    }
    // What was sent stays as it is.
    const distribution = isSum ? last.distribution : startDistribution(bounds);
    if (!isSum) mergeDistribution(distribution, last.distribution);
    mergeDistribution(distribution, group.distribution);
    merged[merged.length - 1] = { series: last.series, distribution };
    isSum = true;
  }
  return merged;
}

function refused(what: string): HeliographError {
  return new HeliographError('HG_CORE_FRAME', `${what} in sketches of a host`);
}
