import type { Growing } from './report.ts';

/** What grows, in words for people. */
export function growthText({ metric, label, host, team, count, usual, values }: Growing): string {
  const what = metric === '' ? `the series of host ${host}` : `the series of ${metric}`;
  const where = metric === '' ? '' : `, most of them from host ${host}`;
  const whose = team === '' ? '' : ` (${team})`;
  const why = label === '' ? '' : `; the label ${label} has new values such as ${values.join(', ')}`;
  return `${what} grow: ${count} new ones in a minute, usual are ${usual}${where}${whose}${why}`;
}
