import { resolvedPage } from '../../lib/doors/series-pages.ts';
import type { PageSeries } from '../../proto/page.ts';
import { SPOKEN_INSTANCE, spokenInstances } from '../../proto/spoken-instance.ts';
import type { ResolvedPage } from '../ports/frames.ts';

const speaking = new WeakMap<ResolvedPage, boolean>();
/** The same object for the same page of the same host, as stores want it. */
const stored = new WeakMap<ResolvedPage, Map<string, ResolvedPage>>();

/** The same for those of relays that have not looked. */
const unchecked = new WeakMap<ResolvedPage, ResolvedPage>();

/** Whether a page has series that are said not to be the sender's own. */
export function isSpoken(page: ResolvedPage): boolean {
  let spoken = speaking.get(page);
  if (spoken === undefined) {
    spoken = spokenInstances(page.series) !== null;
    speaking.set(page, spoken);
  }
  return spoken;
}

/** A page of a host that speaks for others, as its relay has checked that it may, as it is stored: `instance` is a label of each series, and none that is added to all. */
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

/** The same where the relay has not checked it: all are the sender's own, and what it says stands beside, as any `instance` that is not granted. */
export function uncheckedPage(page: ResolvedPage): ResolvedPage {
  let own = unchecked.get(page);
  if (!own) {
    own = resolvedPage(page.series.map(uncheckedSeries));
    unchecked.set(page, own);
  }
  return own;
}

/** A series of such a page. */
export function uncheckedSeries({ name, labels }: PageSeries): PageSeries {
  let said = 'exported_instance';
  while (labels.some(([label]) => label === said)) said = `exported_${said}`;
  const all = labels.map(([label, value]) => [label === SPOKEN_INSTANCE ? said : label, value] as const);
  return { name, labels: all.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)) };
}

function withInstance({ name, labels }: ResolvedPage['series'][number], host: string): ResolvedPage['series'][number] {
  const all = labels.map(([label, value]) => [label === SPOKEN_INSTANCE ? 'instance' : label, value] as const);
  if (!all.some(([label]) => label === 'instance')) all.push(['instance', host]);
  return { name, labels: all.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)) };
}
