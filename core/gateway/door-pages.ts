import { looksEscaped, unescapedLabel } from '../../proto/door-sender.ts';
import type { ResolvedPage } from '../ports/frames.ts';

/** The same object for the same page, as stores want it. */
const stored = new WeakMap<ResolvedPage, ResolvedPage>();

/** A page of a relay's door as it is stored: labels that a page may not have are called as their sender called them. */
export function doorPage(page: ResolvedPage): ResolvedPage {
  const known = stored.get(page);
  if (known) return known;
  const own = page.series.some(({ labels }) => labels.some(([label]) => looksEscaped(label)))
    ? { ...page, series: page.series.map(named) }
    : page;
  stored.set(page, own);
  return own;
}

function named({ name, labels }: ResolvedPage['series'][number]): ResolvedPage['series'][number] {
  const own = labels.map(([label, value]) => [unescapedLabel(label), value] as const);
  return { name, labels: own.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)) };
}
