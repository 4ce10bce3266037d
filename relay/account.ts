import type { Journal } from '../lib/journal/journal.ts';
import { ledgerEntry } from '../lib/journal/ledger-entry.ts';
import type { Ledger } from '../lib/ledger.ts';
import type { Registry } from '../lib/metrics.ts';
import { DATA_CLASSES, type DataClass } from '../proto/class.ts';
import { FORWARD_READER, type SequenceMemory } from './sequence-memory.ts';

type Memories = Readonly<Record<DataClass, SequenceMemory>>;

/** Hosts in one account: more would make it a message of many MB. */
const MOST_HOSTS = 20_000;

/** The relay's ledger: the journal's totals, which are as durable as its data. */
export function drawLedger(journal: Journal, name: string, time: number): Ledger {
  const entries = DATA_CLASSES.map((name) => ledgerEntry(name, journal.totals(name, FORWARD_READER)));
  return { version: 1, tier: 'relay', name, time, entries };
}

/** The same by host. Kept with the snapshots of sequences: after a crash it may be behind by what a dropped segment held. */
export function drawHosts(memories: Memories): NonNullable<Ledger['hosts']> {
  const hosts: NonNullable<Ledger['hosts']> = {};
  let count = 0;
  for (const dataClass of DATA_CLASSES) {
    for (const [host, account] of memories[dataClass].sequences.accounts()) {
      if (!Object.hasOwn(hosts, host)) {
        if (count >= MOST_HOSTS) continue;
        count++;
        hosts[host] = [];
      }
      hosts[host]!.push(account.entry(dataClass));
    }
  }
  return hosts;
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

export function drawRanges(relay: string, memories: Memories): RangesPage {
  const hosts: RangesPage['hosts'] = {};
  for (const dataClass of DATA_CLASSES) {
    for (const { host, boot, state } of memories[dataClass].sequences.entries()) {
      hosts[host] ??= {};
      hosts[host][boot] ??= {};
      hosts[host][boot][dataClass] = {
        received: state.received.pairs(),
        forwarded: state.settled.pairs(),
        declared: state.declared.pairs(),
        repeated: state.repeated.pairs(),
      };
    }
  }
  return { version: 1, relay, hosts };
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
