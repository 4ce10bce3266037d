import { ROLLED_INSTANCE } from '../../proto/page.ts';
import type { ResolvedPage } from '../ports/frames.ts';

/** The same object for the same page, as stores want it. */
const named = new WeakMap<ResolvedPage, ResolvedPage>();

/** A page of a relay's own frames as it is stored: what a roll-up kept of the hosts' names is `instance` again. */
export function rolledPage(page: ResolvedPage): ResolvedPage {
  const known = named.get(page);
  if (known) return known;
  const rolled = page.series.some(({ labels }) => labels.some(([label]) => label === ROLLED_INSTANCE))
    ? { ...page, series: page.series.map(withInstance) }
    : page;
  named.set(page, rolled);
  return rolled;
}

function withInstance({ name, labels }: ResolvedPage['series'][number]): ResolvedPage['series'][number] {
  return {
    name,
    labels: labels.map(([label, value]) =>
      label === ROLLED_INSTANCE ? (['instance', value] as const) : [label, value],
    ),
  };
}
