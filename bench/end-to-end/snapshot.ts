import type { Ledger } from '../../lib/ledger.ts';
import { cpuSecondsOf, openFilesOf, peakMemoryOf, residentMemoryOf } from '../process/figures.ts';
import { treeOf } from '../process/tree.ts';
import { ask } from './ask.ts';
import { type LoopDelay, loopDelayOf } from './event-loop.ts';
import { FreshnessCounts } from './freshness-counts.ts';

/** Parts of the way of a frame, as the core names them. */
export const WAY_PARTS = ['to_relay', 'at_relay', 'at_core'] as const;
export type WayPart = (typeof WAY_PARTS)[number];

/** What all processes have done at one moment. */
export interface Snapshot {
  readonly at: number;
  /** CPU s of each process with its children, by the part it plays. */
  readonly cpu: Readonly<Record<string, number>>;
  /** MiB at most so far, and now, all processes of a part together. */
  readonly memory: { readonly peak: Readonly<Record<string, number>>; readonly now: Readonly<Record<string, number>> };
  readonly openFiles: Readonly<Record<string, number>>;
  /** Of those that publish it. */
  readonly loop: { readonly relay: LoopDelay; readonly core: LoopDelay };
  /** Samples that each hop has taken. */
  readonly samples: { readonly relay: number; readonly core: number; readonly store: number };
  /** Samples that the relay has, and the core has not yet. */
  readonly queued: number;
  /** Samples that the relay has and the core has not given to its store: what piles up where there is too much, whether or not a store says quickly that it is durable. */
  readonly waiting: number;
  readonly frames: number;
  readonly lines: number;
  /** Bytes of metric frames, of metric blocks, of remote write, on the store's disk. */
  readonly bytes: {
    readonly frames: number;
    readonly blocks: number;
    readonly written: number;
    readonly disk: number | null;
  };
  /** TCP payload that the relay and the core have received; null where it cannot be asked. */
  readonly wire: { readonly relay: number | null; readonly core: number | null };
  /** Frames, by how long they took, as the core counts them. */
  readonly freshness: {
    readonly sent: FreshnessCounts;
    readonly sampled: FreshnessCounts;
    readonly way: Readonly<Record<WayPart, FreshnessCounts>>;
  };
}

export interface Watched {
  /** Process ids by the part they play. */
  readonly pids: Readonly<Record<string, number>>;
  readonly relay: URL;
  readonly core: URL;
  readonly store: string | null;
  readonly wire: () => Snapshot['wire'];
}

export async function snapshot({ pids, relay, core, store, wire }: Watched): Promise<Snapshot> {
  const [ledgerText, relayPage, corePage, storePage] = await Promise.all([
    pageOf(new URL('/ledger.json', relay)),
    pageOf(new URL('/metrics', relay)),
    pageOf(new URL('/metrics', core)),
    store === null ? '' : pageOf(new URL('/metrics', store)),
  ]);
  const trees = Object.entries(pids).map(([part, pid]) => [part, treeOf(pid)] as const);
  const each = (of: (one: number) => number) =>
    Object.fromEntries(trees.map(([part, tree]) => [part, tree.reduce((sum, one) => sum + of(one), 0)]));
  const ledger = JSON.parse(ledgerText) as Ledger;
  const relayTook = (...classes: string[]) =>
    ledger.entries.reduce((sum, entry) => sum + (classes.includes(entry.class) ? entry.in.items : 0), 0);
  // Of an engine what was sent: written are samples only when they are known to be on its disk.
  const coreTook = figureOf(
    corePage,
    store === null ? 'heliograph_core_metric_store_samples_total' : 'heliograph_core_metric_store_sent_samples_total',
  );
  const metric = ledger.entries.find((entry) => entry.class === 'metric');
  return {
    at: performance.now(),
    cpu: each(cpuSecondsOf),
    memory: { peak: each(peakMemoryOf), now: each(residentMemoryOf) },
    openFiles: each(openFilesOf),
    loop: {
      relay: loopDelayOf(relayPage, 'heliograph_relay_event_loop_'),
      core: loopDelayOf(corePage, 'heliograph_core_event_loop_'),
    },
    samples: {
      relay: relayTook('metric'),
      core: coreTook,
      store: store === null ? coreTook : figureOf(storePage, 'vm_rows_inserted_total', 'type="promremotewrite"'),
    },
    queued: metric?.queued.items ?? 0,
    // What is on its way between the questions to the two is counted in one of them.
    waiting: metric === undefined ? 0 : Math.max(0, metric.queued.items + metric.out.items - coreTook),
    frames: figureOf(relayPage, 'heliograph_relay_frames_total', 'class="metric"'),
    lines: relayTook('error', 'log', 'debug'),
    bytes: {
      frames: figureOf(relayPage, 'heliograph_relay_frame_bytes_total', 'class="metric"'),
      blocks: figureOf(relayPage, 'heliograph_relay_block_bytes_total', 'class="metric"'),
      written: figureOf(corePage, 'heliograph_core_metric_store_sent_bytes_total'),
      disk: storePage.includes('vm_data_size_bytes') ? figureOf(storePage, 'vm_data_size_bytes') : null,
    },
    wire: wire(),
    freshness: {
      sent: FreshnessCounts.of(corePage, 'heliograph_core_sent_to_queryable_seconds'),
      sampled: FreshnessCounts.of(corePage, 'heliograph_core_sample_to_queryable_seconds'),
      way: Object.fromEntries(
        WAY_PARTS.map((part) => [
          part,
          FreshnessCounts.of(corePage, 'heliograph_core_metric_way_seconds', `part="${part}"`),
        ]),
      ) as Record<WayPart, FreshnessCounts>,
    },
  };
}

export async function pageOf(url: URL): Promise<string> {
  const answer = await ask(url);
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
  return answer.text();
}

/** The sum of all lines of a metric that have these labels. */
export function figureOf(page: string, name: string, ...labels: string[]): number {
  return page
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .filter((line) => labels.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
