import { toldBy } from './command.ts';

/** What makes another measurement of it, and how a title says so; how long it takes, and at which rate, does not. */
const APART: readonly (readonly [setting: string, says: (value: string) => string])[] = [
  ['hosts', (value) => `${value} hosts`],
  ['series', (value) => `${value} series`],
  ['instants', (value) => `${value} instant${value === '1' ? '' : 's'}`],
  ['logs', (value) => `${value} lines`],
  ['store', (value) => value],
  ['link', () => 'link down'],
  ['backlog-min', (value) => `backlog of ${value} min`],
  ['store-share', (value) => `store at ${value}`],
  ['curve', () => 'curve'],
];

/**
 * The title of a run's section: the benchmark's name, and what sets the run apart from its others, which stand beside it. A newer run of the same
 * title takes the place of the older one.
 */
export function titleOf(name: string, settings: readonly string[]): string {
  const told = toldBy(settings);
  return [name, ...APART.flatMap(([setting, says]) => (told.has(setting) ? [says(told.get(setting)!)] : []))].join(
    ', ',
  );
}

/** The name that a link to a title has, as the places that show Markdown make it. */
export function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
}
