import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import type { CollectorConfig } from '../../collector/node/config.ts';
import { systemClock } from '../../lib/clock.ts';
import { HeliographError } from '../../lib/errors.ts';
import { hostPort } from '../../lib/host-port.ts';
import { inspectJournal } from '../../lib/journal/inspect.ts';
import type { Ledger } from '../../lib/ledger.ts';
import type { Logger } from '../../lib/log.ts';
import { readOnlyFiles } from '../../lib/read-only-files.ts';
import type { RelayConfig } from '../../relay/config.ts';
import { workersWithFolder } from '../../relay/workers/left-folders.ts';
import { folderOf } from '../../relay/workers/share.ts';
import type { Tier, TierConfig } from '../tier-config.ts';

/** What is left and what became of the rest, by class, since the drain began. */
export interface DrainState {
  readonly class: string;
  readonly queued: number;
  readonly delivered: number;
  /** Given up meanwhile, by reason: refused for good by the next tier, say. */
  readonly dropped: Readonly<Record<string, number>>;
}

export interface DrainResult {
  readonly empty: boolean;
  readonly classes: readonly DrainState[];
  /** The last that went wrong, in words; null where nothing did. */
  readonly trouble: string | null;
}

/** A tier with its doors shut: it delivers what it has and takes nothing in. */
interface Draining {
  ledger(): Promise<Ledger>;
  close(): Promise<void>;
}

/** The reader that brings records to the next tier. */
const READERS: Readonly<Record<Tier, string>> = { collector: 'uplink', relay: 'forward', core: 'indexer' };
const LOOK_MS = 200;
/** The longest timer there is, less a little: nothing is collected meanwhile. */
const NEVER_MS = 2_000_000_000;

/** The folders that must not be in use, by tier: a relay of several workers has one for each. @throws HeliographError HG_CONFIG_VALUE for a core */
export function journalsOf({ tier, config }: TierConfig): string[] {
  if (tier === 'relay')
    return workersWithFolder(config.dataDir).map((worker) => join(folderOf(config.dataDir, worker), 'journal'));
  if (tier === 'collector') return [join(config.dataDir, 'spool')];
  throw new HeliographError(
    'HG_CONFIG_VALUE',
    'this is a core: nobody stands behind it to deliver to; started, it empties its bus into its stores by itself',
  );
}

/** One journal with what delivers it. */
type Part =
  | { readonly tier: 'collector'; readonly config: CollectorConfig; readonly journal: string }
  | { readonly tier: 'relay'; readonly config: RelayConfig; readonly journal: string; readonly worker: number };

function partsOf(tier: TierConfig): Part[] {
  const journals = journalsOf(tier);
  if (tier.tier === 'collector') return [{ tier: 'collector', config: tier.config, journal: journals[0]! }];
  const config = tier.config as RelayConfig;
  return workersWithFolder(config.dataDir).map((worker, at) => ({
    tier: 'relay',
    config: { ...config, dataDir: folderOf(config.dataDir, worker) },
    journal: journals[at]!,
    worker,
  }));
}

/**
 * Runs a tier's own forwarder until everything in its journal is acknowledged by the next tier, or the time is up.
 * @param progress told of the frames left, at each look
 */
export async function drain(
  tier: TierConfig,
  timeoutMs: number,
  progress: (left: number) => void,
): Promise<DrainResult> {
  const deadline = systemClock.mono() + timeoutMs;
  const results: DrainResult[] = [];
  for (const part of partsOf(tier)) results.push(await drainPart(part, deadline, progress));
  return {
    empty: results.every(({ empty }) => empty),
    classes: sumOfStates(results.flatMap(({ classes }) => classes)),
    trouble: results.findLast(({ trouble }) => trouble !== null)?.trouble ?? null,
  };
}

function sumOfStates(states: readonly DrainState[]): DrainState[] {
  return [...Map.groupBy(states, (state) => state.class)].map(([name, of]) => {
    const dropped: Record<string, number> = {};
    for (const state of of) {
      for (const [reason, frames] of Object.entries(state.dropped)) dropped[reason] = (dropped[reason] ?? 0) + frames;
    }
    const sum = (pick: (state: DrainState) => number) => of.reduce((whole, state) => whole + pick(state), 0);
    return { class: name, queued: sum(({ queued }) => queued), delivered: sum(({ delivered }) => delivered), dropped };
  });
}

async function drainPart(tier: Part, deadline: number, progress: (left: number) => void): Promise<DrainResult> {
  const trouble = { last: null as string | null };
  // From the files: a start may have delivered some before it can be asked.
  const before = await settledBefore(tier);
  const draining = await open(tier, troubleLog(trouble));
  try {
    for (;;) {
      const classes = compare(before, await draining.ledger());
      const left = classes.reduce((sum, state) => sum + state.queued, 0);
      progress(left);
      if (left === 0 || systemClock.mono() >= deadline) return { empty: left === 0, classes, trouble: trouble.last };
      await wait(LOOK_MS);
    }
  } finally {
    await draining.close();
  }
}

function open(part: Part, log: Logger): Promise<Draining> {
  return part.tier === 'collector' ? openCollector(part.config, log) : openRelay(part, log);
}

/** The relay without its door for collectors. It keeps its own HTTP address, so that no second relay starts beside it. */
async function openRelay({ config, worker }: Extract<Part, { tier: 'relay' }>, log: Logger): Promise<Draining> {
  const { startRelay } = await import('../../relay/start.ts');
  const stands = { worker, workers: config.workers };
  const relay = await startRelay(config, { log, clock: systemClock, takesIn: false, stands });
  const at = hostPort({ host: config.http.listen.host, port: relay.addresses.http });
  const url = `http://${at}/ledger.json`;
  return {
    ledger: async () => (await (await fetch(url)).json()) as Ledger,
    close: () => relay.close(),
  };
}

/** The collector without sources and logs. How far its logs were read stays in the spool's state. */
async function openCollector(config: CollectorConfig, log: Logger): Promise<Draining> {
  const { startCollector } = await import('../../collector/node/start.ts');
  // The next collection is one interval after a moment that is just over.
  const phase = (systemClock.now() - 60_000) % NEVER_MS;
  const quiet: CollectorConfig = { ...config, logs: [], interval: NEVER_MS, phase, closeWait: 0 };
  const running = await startCollector(quiet, { log, sources: [] });
  return {
    ledger: async () => {
      const { ledger } = running.collector.status('up');
      if (ledger === null) throw new TypeError('a collector has a ledger');
      return ledger as Ledger;
    },
    close: () => running.close(),
  };
}

interface Settled {
  readonly delivered: number;
  readonly dropped: Readonly<Record<string, number>>;
}

/** What the delivering reader has done with each class so far. */
async function settledBefore(tier: Part): Promise<ReadonlyMap<string, Settled>> {
  const { chains } = await inspectJournal({ directory: tier.journal, files: readOnlyFiles, crc32 });
  const name = READERS[tier.tier];
  return new Map(
    chains.flatMap((chain) => {
      const reader = chain.readers.find((one) => one.name === name);
      if (!reader) return [];
      const dropped = Object.fromEntries(
        Object.entries(reader.dropped).map(([reason, { records }]) => [reason, records]),
      );
      return [[chain.name, { delivered: reader.out.records + reader.repeated.records, dropped }] as const];
    }),
  );
}

function compare(before: ReadonlyMap<string, Settled>, now: Ledger): DrainState[] {
  return now.entries.map((entry) => {
    const old = before.get(entry.class);
    return {
      class: entry.class,
      queued: entry.queued.frames,
      delivered: entry.out.frames + entry.repeated.frames - (old?.delivered ?? 0),
      dropped: Object.fromEntries(
        Object.entries(entry.dropped)
          .map(([reason, { frames }]) => [reason, frames - (old?.dropped[reason] ?? 0)] as const)
          .filter(([, frames]) => frames > 0),
      ),
    };
  });
}

/** Keeps the last warning, for the person who asks why nothing moves. */
function troubleLog(into: { last: string | null }): Logger {
  const keep = (message: string, facts: Record<string, unknown> = {}) => {
    const detail = Object.entries(facts).map(([name, value]) => `${name}=${String(value)}`);
    into.last = [message, ...detail].join(' ').slice(0, 500);
  };
  return { debug: () => undefined, info: () => undefined, warn: keep, error: keep };
}
