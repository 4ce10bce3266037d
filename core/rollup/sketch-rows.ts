import { resolvedPage } from '../../lib/doors/series-pages.ts';
import type { SketchWindow } from '../../proto/sketches.ts';
import type { PageRows, ResolvedPage } from '../ports/frames.ts';

/** How the name of the series ends that says how many samples of a window a relay sent, whether or not its sketch came in time to be merged. */
export const RELAY_SAMPLES = 'relay_samples';
/** The same of a host's sketch. */
export const HOST_SAMPLES = 'host_samples';
/** Pages that are kept, so that a store knows them again. */
const MOST_PAGES = 2_000;
const pages = new Map<string, ResolvedPage>();

/** What is stored of the sketches of a relay at once: of each group how many samples the relay had. Whether the window takes them is known only later. One sample a sketch, as the accounts have it. */
export function sketchRows({ end, groups }: SketchWindow, suffix: string = RELAY_SAMPLES): PageRows {
  const series = groups.map(({ series: { name, labels } }) => ({ name: `${name}_${suffix}`, labels }));
  return {
    page: keptPage(series),
    times: Float64Array.of(end),
    values: Float64Array.from(groups, ({ distribution }) => distribution.sketch.count),
    present: null,
    finite: true,
  };
}

/** The page of these series: the same object for the same series, while it is kept. */
export function keptPage(series: ResolvedPage['series']): ResolvedPage {
  const made = resolvedPage(series);
  const known = pages.get(made.hash);
  if (known) return known;
  if (pages.size >= MOST_PAGES) pages.delete(pages.keys().next().value!);
  pages.set(made.hash, made);
  return made;
}
