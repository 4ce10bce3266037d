import { ROLLED_INSTANCE } from '../../proto/page.ts';

/** Whose result a window is: one relay's; null: that of all relays. */
export type Origin = { readonly relay: string; readonly site: string } | null;

/** What outputs have beside the labels of their group. */
const OWN: ReadonlySet<string> = new Set(['__name__', 'quantile', 'le', 'relay', 'site']);

/** A text that is equal for the same group of one result: of the labels that relays send it by, or of those of an output in a store. */
export function groupLabels(labels: readonly (readonly [string, string])[]): string {
  const kept = labels
    .filter(([name]) => !OWN.has(name))
    .map(([name, value]) => [name === ROLLED_INSTANCE ? 'instance' : name, value] as const);
  return JSON.stringify(kept.sort((a, b) => (a[0] < b[0] ? -1 : 1)));
}

/** The matchers that tell outputs of one origin from those of others. */
export function ownSelector(origin: Origin): string {
  return `relay=${JSON.stringify(origin?.relay ?? '')}, site=${JSON.stringify(origin?.site ?? '')}`;
}
