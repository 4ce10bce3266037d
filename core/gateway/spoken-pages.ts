import { resolvedPage } from '../../lib/doors/series-pages.ts';
import { SPOKEN_INSTANCE, spokenInstances } from '../../proto/spoken-instance.ts';
import type { ResolvedPage } from '../ports/frames.ts';

const speaking = new WeakMap<ResolvedPage, boolean>();
/** The same object for the same page of the same host, as stores want it. */
const stored = new WeakMap<ResolvedPage, Map<string, ResolvedPage>>();

/** Whether a page has series that are not the sender's own. The relay has looked at what the sender's certificate grants. */
export function isSpoken(page: ResolvedPage): boolean {
  let spoken = speaking.get(page);
  if (spoken === undefined) {
    spoken = spokenInstances(page.series) !== null;
    speaking.set(page, spoken);
  }
  return spoken;
}

/** A page of a host that speaks for others, as it is stored: `instance` is a label of each series, and none that is added to all. */
export function spokenPage(page: ResolvedPage, host: string): ResolvedPage {
  let byHost = stored.get(page);
  if (!byHost) {
    byHost = new Map();
    stored.set(page, byHost);
  }
  let own = byHost.get(host);
  if (!own) {
    // A name of its own: stores know pages by it, and this one is another for another host.
    own = resolvedPage(page.series.map((series) => withInstance(series, host)));
    byHost.set(host, own);
  }
  return own;
}

function withInstance({ name, labels }: ResolvedPage['series'][number], host: string): ResolvedPage['series'][number] {
  const all = labels.map(([label, value]) => [label === SPOKEN_INSTANCE ? 'instance' : label, value] as const);
  if (!all.some(([label]) => label === 'instance')) all.push(['instance', host]);
  return { name, labels: all.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)) };
}
