import { type Amount, addAmount, emptyEntry, imbalance, type Ledger, type LedgerEntry } from '../../lib/ledger.ts';
import { DATA_CLASSES, type DataClass } from '../../proto/class.ts';

/** What one tier says it passed on, against what the next says it took. */
export interface Hop {
  from: string;
  to: string;
  class: DataClass;
  /** The sender's `out`. */
  sent: Amount;
  /** The receiver's `in` without what came twice. */
  received: Amount;
  /**
   * equal; ahead: the receiver has more, acknowledgements or reports are on the way; behind: the receiver's report is the
   * older one, so it may only not have said it yet; missing: the receiver reported later and has less.
   */
  state: 'equal' | 'ahead' | 'behind' | 'missing';
  /** Of class alert: what the receivers took beyond `sent`, as far as can be seen their own events; not among `received`. */
  own?: Amount;
  /** Over the bus: what of `received` waits there. */
  queued?: Amount;
  /** Over the bus: frames that came twice and were found again in the store; in `received` only as often as they are on the bus. */
  repeated?: Amount;
}

/** Many accounts of one tier as one; `time` is the newest of them. */
export function sumLedgers(tier: Ledger['tier'], name: string, ledgers: readonly Ledger[]): Ledger {
  const sum = new Map<DataClass, LedgerEntry>(DATA_CLASSES.map((dataClass) => [dataClass, emptyEntry(dataClass)]));
  let time = 0;
  for (const ledger of ledgers) {
    time = Math.max(time, ledger.time);
    for (const entry of ledger.entries) {
      const into = sum.get(entry.class);
      if (!into) continue;
      addAmount(into.in, entry.in);
      addAmount(into.out, entry.out);
      addAmount(into.queued, entry.queued);
      addAmount(into.repeated, entry.repeated);
      for (const [reason, amount] of Object.entries(entry.dropped)) {
        const there = Object.hasOwn(into.dropped, reason) ? into.dropped[reason]! : { frames: 0, items: 0 };
        addAmount(there, amount);
        into.dropped[reason] = there;
      }
    }
  }
  return { version: 1, tier, name, time, entries: [...sum.values()] };
}

/**
 * Holds all senders of a hop together against all receivers: a host may have used several relays. `ownEvents`: the receivers
 * are relays, whose own events are alerts that nobody sent them.
 */
export function compareHop(
  from: string,
  to: string,
  senders: readonly Ledger[],
  receivers: readonly Ledger[],
  ownEvents = false,
): Hop[] {
  if (senders.length === 0 || receivers.length === 0) return [];
  const sent = sumLedgers('relay', from, senders);
  const received = sumLedgers('relay', to, receivers);
  const oldest = Math.min(...receivers.map((ledger) => ledger.time));
  return DATA_CLASSES.flatMap((dataClass): Hop[] => {
    const out = sent.entries.find((entry) => entry.class === dataClass)!.out;
    const into = received.entries.find((entry) => entry.class === dataClass)!;
    const took = { frames: into.in.frames - into.repeated.frames, items: into.in.items - into.repeated.items };
    if (out.frames === 0 && took.frames === 0) return [];
    const own = { frames: took.frames - out.frames, items: took.items - out.items };
    if (ownEvents && dataClass === 'alert' && own.frames >= 0 && own.items >= 0) {
      return [{ from, to, class: dataClass, sent: { ...out }, received: { ...out }, state: 'equal', own }];
    }
    const less = took.frames < out.frames || took.items < out.items;
    const equal = took.frames === out.frames && took.items === out.items;
    const state = equal ? 'equal' : !less ? 'ahead' : oldest < sent.time ? 'behind' : 'missing';
    return [{ from, to, class: dataClass, sent: { ...out }, received: took, state }];
  });
}

/** What a person reads: one line for everything that is not simply right, and one that says whether it balances. */
export function inWords(tiers: readonly Ledger[], hops: readonly Hop[]): { balanced: boolean; words: string[] } {
  const words: string[] = [];
  let balanced = true;
  for (const tier of tiers) {
    for (const entry of tier.entries) {
      const rest = imbalance(entry);
      if (rest.frames !== 0 || rest.items !== 0) {
        balanced = false;
        words.push(
          `${tier.tier} ${tier.name}, ${entry.class}: ${count(rest.items, entry.class)} in ${rest.frames} frames are not accounted for.`,
        );
      }
      for (const [reason, amount] of Object.entries(entry.dropped)) {
        if (amount.items === 0 && amount.frames === 0) continue;
        words.push(`${tier.tier} ${tier.name} dropped ${count(amount.items, entry.class)}: ${reason}.`);
      }
      if (entry.queued.frames > 0) {
        words.push(`${tier.tier} ${tier.name} has ${count(entry.queued.items, entry.class)} in its queue.`);
      }
    }
  }
  for (const hop of hops) {
    if (hop.state !== 'missing') continue;
    balanced = false;
    const items = hop.sent.items - hop.received.items;
    words.push(
      `From ${hop.from} to ${hop.to}, ${hop.class}: ${count(items, hop.class)} in ${hop.sent.frames - hop.received.frames} frames were acknowledged and are not there.`,
    );
  }
  words.push(balanced ? 'The ledger balances: nothing is missing.' : 'The ledger does not balance; see above.');
  return { balanced, words };
}

function count(items: number, dataClass: DataClass): string {
  const noun = dataClass === 'metric' ? 'sample' : dataClass === 'alert' ? 'event' : `${dataClass} line`;
  return `${items.toLocaleString('en-GB')} ${noun}${items === 1 ? '' : 's'}`;
}
