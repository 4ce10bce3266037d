import { ROLLED_INSTANCE } from '../../proto/page.ts';

/** Whose result a window is: one relay's; null: that of all relays. */
export type Origin = { readonly relay: string; readonly site: string } | null;

/** What outputs have beside the labels of their group. */
const GIVEN: readonly string[] = ['__name__', 'relay', 'site'];

/**
 * A text that is equal for the same group of one result: of the labels that relays send it by, or of those of an output in a store.
 * @param others labels that are left out, too
 */
export function groupLabels(labels: readonly (readonly [string, string])[], others: readonly string[] = []): string {
  const kept = labels
    .filter(([name]) => !GIVEN.includes(name) && !others.includes(name))
    .map(([name, value]) => [name === ROLLED_INSTANCE ? 'instance' : name, value] as const);
  return JSON.stringify(kept.sort((a, b) => (a[0] < b[0] ? -1 : 1)));
}

/** The matchers that tell outputs of one origin from those of others. */
export function ownSelector(origin: Origin): string {
  return `relay=${JSON.stringify(origin?.relay ?? '')}, site=${JSON.stringify(origin?.site ?? '')}`;
}
