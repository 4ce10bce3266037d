import type { Journal } from '../lib/journal/journal.ts';
import { ledgerEntry } from '../lib/journal/ledger-entry.ts';
import type { Ledger } from '../lib/ledger.ts';
import type { Registry } from '../lib/metrics.ts';
import { DATA_CLASSES, type DataClass } from '../proto/class.ts';
import { hostsInTurns } from './hosts-in-turns.ts';
import { FORWARD_READER, type SequenceMemory } from './sequence-memory.ts';

type Memories = Readonly<Record<DataClass, SequenceMemory>>;

/** Hosts in one account: more would make it a message of many MB. */
const MOST_HOSTS = 20_000;

/** The relay's ledger: the journal's totals, which are as durable as its data. */
export function drawLedger(journal: Journal, name: string, time: number): Ledger {
  const entries = DATA_CLASSES.map((name) => ledgerEntry(name, journal.totals(name, FORWARD_READER)));
  return { version: 1, tier: 'relay', name, time, entries };
}

/**
 * The same with the accounts of hosts, as JSON. Those are kept with the snapshots of sequences: after a crash they may be behind
 * by what a dropped segment held.
 */
export async function ledgerOfHosts(ledger: Ledger, memories: Memories): Promise<string> {
  const all = new Set(DATA_CLASSES.flatMap((name) => [...memories[name].sequences.accounts.keys()]));
  const hosts = await hostsInTurns([...all].slice(0, MOST_HOSTS), (host) =>
    DATA_CLASSES.flatMap((name) => memories[name].sequences.accounts.get(host)?.entry(name) ?? []),
  );
  return `${JSON.stringify(ledger).slice(0, -1)},"hosts":${hosts}}`;
}

type Pairs = [number, number][];

/** For an audit: which sequences were received and which the core has, by host, boot and class. */
export interface RangesPage {
  version: 1;
  relay: string;
  hosts: Record<
    string,
    Record<string, Partial<Record<DataClass, { received: Pairs; forwarded: Pairs; declared: Pairs; repeated: Pairs }>>>
  >;
}

/** As JSON. */
export async function rangesOfHosts(relay: string, memories: Memories): Promise<string> {
  const all = new Set(DATA_CLASSES.flatMap((name) => [...memories[name].sequences.hosts()]));
  const hosts = await hostsInTurns([...all], (host) => rangesOf(host, memories));
  const page: Omit<RangesPage, 'hosts'> = { version: 1, relay };
  return `${JSON.stringify(page).slice(0, -1)},"hosts":${hosts}}`;
}

function rangesOf(host: string, memories: Memories): RangesPage['hosts'][string] {
  const boots: RangesPage['hosts'][string] = {};
  for (const dataClass of DATA_CLASSES) {
    for (const [boot, state] of memories[dataClass].sequences.boots(host)) {
      boots[boot] ??= {};
      boots[boot][dataClass] = {
        received: state.received.pairs(),
        forwarded: state.settled.pairs(),
        declared: state.declared.pairs(),
        repeated: state.repeated.pairs(),
      };
    }
  }
  return boots;
}

/** The same account as metrics, and the journal's health. */
export function accountMetrics(journal: Journal, maxBytes: number, metrics: Registry): void {
  const ledger = metrics.gauge(
    'heliograph_relay_ledger_frames',
    'The ledger in frames: in, out, queued, repeated and dropped by reason, by class.',
  );
  ledger.collect(function* () {
    for (const entry of drawLedger(journal, '', 0).entries) {
      for (const flow of ['in', 'out', 'queued', 'repeated'] as const) {
        yield [{ class: entry.class, flow }, entry[flow].frames] as const;
      }
      for (const [reason, amount] of Object.entries(entry.dropped)) {
        yield [{ class: entry.class, flow: 'dropped', reason }, amount.frames] as const;
      }
    }
  });
  metrics
    .gauge('heliograph_relay_journal_bytes', 'Bytes of the journal on disk.')
    .collect(() => [[{}, journal.bytes()]]);
  metrics.gauge('heliograph_relay_journal_max_bytes', 'The cap of those.').collect(() => [[{}, maxBytes]]);
  const health = metrics.gauge(
    'heliograph_relay_journal_trouble',
    'What went wrong with the journal since the start, by kind.',
  );
  health.collect(() => [
    [{ kind: 'disk-errors' }, journal.health.diskErrors],
    [{ kind: 'pushed-back' }, journal.health.pushedBack],
    [{ kind: 'damaged-bytes' }, journal.health.damagedBytes],
  ]);
}
