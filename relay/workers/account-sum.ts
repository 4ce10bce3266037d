import { type Amount, addAmount, emptyLedger, type Ledger, type LedgerEntry } from '../../lib/ledger.ts';
import { Ranges } from '../../lib/ranges.ts';
import type { RangesPage } from '../account.ts';

/** The accounts of all workers as the relay's one. */
export function sumOfLedgers(name: string, time: number, ledgers: readonly Ledger[]): Ledger {
  const sum = emptyLedger('relay', name, time);
  for (const ledger of ledgers) addEntries(sum.entries, ledger.entries);
  const withHosts = ledgers.filter(({ hosts }) => hosts !== undefined);
  if (withHosts.length === 0) return sum;
  const hosts: NonNullable<Ledger['hosts']> = {};
  for (const ledger of withHosts) {
    for (const [host, entries] of Object.entries(ledger.hosts!)) {
      if (Object.hasOwn(hosts, host)) addEntries(hosts[host]!, entries);
      else hosts[host] = structuredClone(entries);
    }
  }
  return { ...sum, hosts };
}

function addEntries(into: LedgerEntry[], entries: readonly LedgerEntry[]): void {
  for (const entry of entries) {
    const there = into.find((one) => one.class === entry.class);
    if (!there) {
      into.push(structuredClone(entry));
      continue;
    }
    for (const flow of ['in', 'out', 'queued', 'repeated'] as const) addAmount(there[flow], entry[flow]);
    for (const [reason, amount] of Object.entries(entry.dropped)) addReason(there.dropped, reason, amount);
  }
}

function addReason(into: Record<string, Amount>, reason: string, amount: Amount): void {
  if (Object.hasOwn(into, reason)) addAmount(into[reason]!, amount);
  else into[reason] = { ...amount };
}

/** What all workers received and brought to the core: what one of them has counts. */
export function unionOfRanges(relay: string, pages: readonly RangesPage[]): RangesPage {
  const hosts: RangesPage['hosts'] = {};
  for (const page of pages) {
    for (const [host, boots] of Object.entries(page.hosts)) {
      hosts[host] ??= {};
      const here = hosts[host];
      for (const [boot, classes] of Object.entries(boots)) {
        here[boot] ??= {};
        const life = here[boot];
        for (const [name, said] of Object.entries(classes) as [keyof typeof classes, (typeof classes)['log']][]) {
          if (!said) continue;
          const known = life[name];
          life[name] = known
            ? {
                received: union(known.received, said.received),
                forwarded: union(known.forwarded, said.forwarded),
                declared: union(known.declared, said.declared),
                repeated: union(known.repeated, said.repeated),
              }
            : said;
        }
      }
    }
  }
  return { version: 1, relay, hosts };
}

function union(one: readonly [number, number][], other: readonly [number, number][]): [number, number][] {
  return new Ranges([...one, ...other]).pairs();
}
