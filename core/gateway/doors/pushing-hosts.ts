import type { DoorClient } from '../../../lib/doors/taker.ts';
import type { Batch } from '../../../lib/ingest/batch.ts';
import type { PageRows, ResolvedPage } from '../../ports/frames.ts';

/** The instances of a page: it never changes, and a client sends the same pages again and again. */
const instances = new WeakMap<ResolvedPage, readonly string[]>();

/**
 * The hosts that a request speaks of: the client itself, or where it may speak for others the instances of its series and the hosts of
 * its lines.
 */
export function hostsOf(client: DoorClient, rows: readonly PageRows[], batch: Batch): ReadonlySet<string> {
  if (!client.anyHost) return new Set([client.name]);
  const hosts = new Set<string>();
  for (const { page } of rows) for (const instance of instancesOf(page)) hosts.add(instance);
  for (const { host } of batch.lines) if (host !== '') hosts.add(host);
  return hosts;
}

function instancesOf(page: ResolvedPage): readonly string[] {
  const known = instances.get(page);
  if (known) return known;
  const found = new Set<string>();
  for (const { labels } of page.series) {
    for (const [name, value] of labels) if (name === 'instance') found.add(value);
  }
  const list = [...found];
  instances.set(page, list);
  return list;
}
