import { hostsOf, type Kind } from './kinds.ts';
import type { Row, Section } from './read-section.ts';

/** A section, and those of its rows that were asked for. */
export interface Found {
  readonly section: Section;
  readonly rows: readonly Row[];
}

/** Of all runs of a kind that have such rows one that is `rather`, of those with the most hosts, and of those the newest; null where there is none. */
export function newestOf(
  sections: readonly Section[],
  of: Kind,
  wanted: (row: Row) => boolean,
  rather: Kind = () => true,
): Found | null {
  const found = sections
    .filter(of)
    .map((section) => ({ section, rows: section.rows.filter(wanted) }))
    .filter(({ rows }) => rows.length > 0);
  const hosts = ({ section }: Found) => hostsOf(section);
  const day = ({ section }: Found) => section.day ?? '';
  const first = ({ section }: Found) => Number(rather(section));
  const order = (a: Found, b: Found) => first(b) - first(a) || hosts(b) - hosts(a) || day(b).localeCompare(day(a));
  return found.sort(order)[0] ?? null;
}
