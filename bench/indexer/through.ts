import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout as wait } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { Health } from '../../core/api/health.ts';
import { EmbeddedBus } from '../../core/bus/embedded.ts';
import { openSearchConfig } from '../../core/engines/opensearch/config.ts';
import { openOpenSearchLogStore } from '../../core/engines/opensearch/open.ts';
import { Freshness } from '../../core/freshness/freshness.ts';
import { GROUP, Indexer } from '../../core/indexer/indexer.ts';
import { TOPICS } from '../../core/indexer/lines.ts';
import { indexerConfig } from '../../core/indexer/pipeline/config.ts';
import { Pipeline } from '../../core/indexer/pipeline/pipeline.ts';
import { Account } from '../../core/ledger/account.ts';
import { DeadLetters } from '../../core/ledger/dead-letters.ts';
import { LetterBudget } from '../../core/letters/budget.ts';
import { FolderObjects } from '../../core/objects/folder.ts';
import type { BusRecord } from '../../core/ports/bus.ts';
import { openState } from '../../core/state.ts';
import { after } from '../../lib/after.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { Counter, type Labels, Registry } from '../../lib/metrics.ts';
import { nodeFiles } from '../../lib/node-files.ts';
import { cpuSecondsOf } from '../process/figures.ts';

const TOPIC = 'logs.log';
/** As the core has it. */
const BATCH_BYTES = 1 << 20;
const RETENTION_MS = 15 * 86_400_000;

/**
 * Everything of a core that stands between its bus and OpenSearch, and nothing else: so its CPU is the indexer's. Lines are put on an
 * embedded bus before the clock starts; reading it from the disk, the ledger's transaction and the commit are in the figure.
 */
export async function indexThrough(
  records: readonly BusRecord[],
  address: string,
  index: string,
  section: object,
  within: (work: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'heliograph-bench-indexer-'));
  const registry = new Registry();
  const now = () => Date.now();
  const health = new Health(now);
  const deps = { clock: systemClock, log: silentLog, registry, health };
  const logs = await openOpenSearchLogStore({
    ...deps,
    config: openSearchConfig.parse({ addresses: [address], index }),
    directory: join(directory, 'engines'),
    retentionMs: RETENTION_MS,
    random: Math.random,
    onRefused: (lines) => Promise.reject(new TypeError(`OpenSearch refused a line: ${lines[0]!.reason}`)),
  });
  const bus = await EmbeddedBus.open({
    directory: join(directory, 'bus'),
    files: nodeFiles,
    now,
    crc32,
    timer: after,
    topics: Object.keys(TOPICS).map((name) => ({ name, groups: [GROUP] })),
    segmentBytes: 32 << 20,
    maxBytes: 1 << 30,
  });
  const state = openState(directory);
  const pipeline = await Pipeline.open(indexerConfig.parse(section), {
    ...deps,
    mono: () => systemClock.mono(),
    breathe: () => setImmediate(),
    retentionMs: RETENTION_MS,
  });
  try {
    const stored = Promise.withResolvers<void>();
    let frames = 0;
    await bus.publish(TOPIC, records);
    const indexer = await Indexer.open({
      ...deps,
      bus,
      logs,
      deadLetters: new DeadLetters(
        new FolderObjects(join(directory, 'objects')),
        state,
        now,
        new LetterBudget(state, 1 << 20),
      ),
      freshness: new Freshness(registry, Date.now),
      now,
      refused: new Refusing((labels) => stored.reject(new TypeError(`a frame was refused: ${labels.code}`))),
      onStored: (those) => {
        frames += those.length;
        if (frames === records.length) stored.resolve();
      },
      maxBytes: BATCH_BYTES,
      pipeline,
      taken: null,
    });
    const totals = await logs.totals();
    const account = new Account('bench', {
      metrics: { samples: 0, repeated: 0, dropped: {}, series: 0, bytes: 0, frames: { written: 0, repeated: 0 } },
      logs: totals,
      waiting: new Map([['log', records.length]]),
      aside: { dropped: [], repeated: [] },
    });
    await within(async () => {
      indexer.start(account);
      await stored.promise;
      // The commit of the last batch on the bus.
      await indexer.close();
    });
  } finally {
    await bus.close();
    await logs.close();
    state.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Nothing here may be refused: the first that is ends the run. */
class Refusing extends Counter {
  readonly #told: (labels: Labels) => void;

  constructor(told: (labels: Labels) => void) {
    super('refused', 'Frames that were not taken');
    this.#told = told;
  }

  override inc(labels: Labels = {}): void {
    this.#told(labels);
  }
}

/** What OpenSearch says of an index: documents, bytes on its disk. */
export interface IndexFigures {
  readonly documents: number;
  readonly bytes: number;
}

/** Resolves when OpenSearch has made all segments it is going to make of what it has. */
export async function settled(address: string, index: string): Promise<IndexFigures> {
  await fetch(`${address}/${index}-*/_flush`, { method: 'POST' });
  for (let quiet = 0; ; ) {
    const answer = await fetch(`${address}/${index}-*/_stats/docs,store,merge,refresh`);
    const { _all } = (await answer.json()) as {
      _all: { primaries: { docs: { count: number }; store: { size_in_bytes: number }; merges: { current: number } } };
    };
    const { docs, store, merges } = _all.primaries;
    quiet = merges.current === 0 ? quiet + 1 : 0;
    if (quiet === 3) return { documents: docs.count, bytes: store.size_in_bytes };
    await wait(300);
  }
}

/** CPU s of this process and of OpenSearch for some work, its merges included. */
export async function costOf(
  pid: number,
  address: string,
  index: string,
  work: () => Promise<void>,
): Promise<{ ours: number; theirs: number; seconds: number; figures: IndexFigures }> {
  const engine = cpuSecondsOf(pid);
  const began = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - began) / 1_000;
  const figures = await settled(address, index);
  return { ours: (user + system) / 1e6, theirs: cpuSecondsOf(pid) - engine, seconds, figures };
}
