import { type PageSeries, RESERVED_LABELS } from '../../proto/page.ts';
import { instanceOf, SPOKEN_INSTANCE } from '../../proto/spoken-instance.ts';
import type { SeriesLabels } from './contract.ts';

/** A series of a host's page as the core will store it. */
export function storedLabels(series: PageSeries, host: string, site: string): SeriesLabels {
  const all: [string, string][] = [
    ['__name__', series.name],
    ['instance', instanceOf(series, host)],
    ['site', site],
  ];
  for (const [label, value] of series.labels) if (label !== SPOKEN_INSTANCE) all.push([label, value]);
  return all.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/**
 * The same the other way: what a page says of it. `instance` and `site` are the core's to give; other values of them, and of
 * its other labels, become `exported_...`, and what begins with `__` was for the rules only. Null: no name is left.
 * @param instance whom the series was of: the host, or one that it speaks for
 */
export function pageSeries(stored: SeriesLabels, host: string, site: string, instance = host): PageSeries | null {
  let name = '';
  const labels = new Map<string, string>();
  for (const [label, value] of stored) {
    if (label === '__name__') name = value;
    const given = (label === 'instance' && value === instance) || (label === 'site' && value === site);
    if (value === '' || given || label.startsWith('__')) continue;
    let sent = label;
    while (RESERVED_LABELS.has(sent)) sent = `exported_${sent}`;
    labels.set(sent, value);
  }
  if (name === '') return null;
  if (instance !== host) labels.set(SPOKEN_INSTANCE, instance);
  return { name, labels: [...labels].sort(([a], [b]) => (a < b ? -1 : 1)) };
}
