import type { Ledger } from '../../lib/ledger.ts';

import { bytesReceivedAt } from '../end-to-end/wire-bytes.ts';
import { cpuSecondsOf } from '../process/figures.ts';
import { treeOf } from '../process/tree.ts';
import type { Report } from './hosts-process.ts';
import { freshPage } from './page.ts';
import { FLOODED } from './prepared-frames.ts';
import { bucketsOf } from './quantile.ts';
import type { FloodStation } from './station.ts';

const QUERYABLE = 'heliograph_core_sent_to_queryable_seconds';

/** All that is known at one moment. */
export interface Look {
  /** ms, of performance.now(). */
  readonly at: number;
  readonly hosts: Report;
  /** Lines, of all classes of lines. */
  readonly relay: { readonly in: number; readonly out: number; readonly queued: number };
  /** CPU s. */
  readonly cpu: { readonly hosts: number; readonly relay: number; readonly core: number; readonly broker: number };
  /** TCP payload received by relay and core; null where it cannot be asked. */
  readonly wire: { readonly relay: number | null; readonly core: number | null };
  /** Of metrics, sent to queryable. */
  readonly queryable: ReadonlyMap<number, number>;
}

export async function look(station: FloodStation): Promise<Look> {
  const [hosts, ledger, corePage] = await Promise.all([
    station.order(() => ({ do: 'report' })),
    ledgerOf(station.relay.url, '/ledger.json'),
    freshPage(new URL('/metrics', station.core.url)),
  ]);
  const lines = (of: 'in' | 'out' | 'queued') => linesOf(ledger, of);
  const cpu = (pids: readonly number[]) =>
    pids.reduce((sum, pid) => sum + treeOf(pid).reduce((all, one) => all + cpuSecondsOf(one), 0), 0);
  return {
    at: performance.now(),
    hosts,
    relay: { in: lines('in'), out: lines('out'), queued: lines('queued') },
    cpu: {
      hosts: cpu(station.hostPids),
      relay: cpu([station.relay.pid]),
      core: cpu([station.core.pid]),
      broker: station.broker === null ? 0 : cpu([station.broker]),
    },
    wire: { relay: bytesReceivedAt(station.relay.mqtt), core: bytesReceivedAt(station.core.ingest) },
    queryable: bucketsOf(corePage, QUERYABLE),
  };
}

export async function ledgerOf(url: URL, path: string): Promise<Ledger> {
  return JSON.parse(await freshPage(new URL(path, url))) as Ledger;
}

export function linesOf(ledger: Pick<Ledger, 'entries'>, of: 'in' | 'out' | 'queued'): number {
  const wanted: readonly string[] = FLOODED;
  return ledger.entries.reduce((sum, entry) => sum + (wanted.includes(entry.class) ? entry[of].items : 0), 0);
}
