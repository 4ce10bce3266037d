import { Ranges } from '../lib/ranges.ts';
import type { Boot } from '../proto/hash.ts';
import { HostAccount, hostKey } from './host-account.ts';

/** What the relay knows of the numbers of one (host, boot, class). */
export interface SequenceState {
  /** In the journal, or once there. */
  received: Ranges;
  /** Belongs to a record that is on its way to the core or there; a second record of the number is a repeat. */
  claimed: Ranges;
  /** The core has it durably, or it was given up with a reason. */
  settled: Ranges;
  /** Came more than once; for the audit. Bounded as the others are. */
  repeated: Ranges;
  /** Declared dropped by the collector (gap frames). */
  declared: Ranges;
  /** Another worker of this relay has it in its journal, or had; null where there is no other. */
  elsewhere: Ranges | null;
  /** When something last came, by the clock of Sequences. */
  touched: number;
  /** Of the host, whichever boot. */
  readonly account: HostAccount;
}

/** Boots of one host that are kept; a host that boots in a loop must not fill the memory. */
const BOOTS_PER_HOST = 16;
/** Intervals kept of one set before the lowest are merged. */
const MAX_INTERVALS = 4096;
const NO_BOOTS: ReadonlyMap<Boot, SequenceState> = new Map();

/** The sequences of one class, by host and boot. */
export class Sequences {
  readonly #hosts = new Map<string, Map<Boot, SequenceState>>();
  readonly #accounts = new Map<string, HostAccount>();
  readonly #byKey = new Map<number, HostAccount>();
  /** A clock in ms that does not step. */
  readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  /** The state of a boot, made when it is not there. The boot that was quiet longest makes room. */
  of(host: string, boot: Boot): SequenceState {
    let boots = this.#hosts.get(host);
    if (!boots) {
      boots = new Map();
      this.#hosts.set(host, boots);
    }
    let state = boots.get(boot);
    if (!state) {
      state = {
        received: new Ranges(),
        claimed: new Ranges(),
        settled: new Ranges(),
        repeated: new Ranges(),
        declared: new Ranges(),
        elsewhere: null,
        touched: this.now(),
        account: this.account(host),
      };
      if (boots.size >= BOOTS_PER_HOST) boots.delete(quietest(boots));
      boots.set(boot, state);
    }
    return state;
  }

  /** Made when it is not there. */
  account(host: string): HostAccount {
    let account = this.#accounts.get(host);
    if (!account) {
      account = new HostAccount();
      this.#accounts.set(host, account);
      this.#byKey.set(hostKey(host), account);
    }
    return account;
  }

  /** By what a record's header says. */
  accountOf(key: number): HostAccount | undefined {
    return this.#byKey.get(key);
  }

  /** By host. */
  get accounts(): ReadonlyMap<string, HostAccount> {
    return this.#accounts;
  }

  find(host: string, boot: Boot): SequenceState | undefined {
    return this.#hosts.get(host)?.get(boot);
  }

  /** The boots of a host that are known. */
  boots(host: string): ReadonlyMap<Boot, SequenceState> {
    return this.#hosts.get(host) ?? NO_BOOTS;
  }

  hosts(): IterableIterator<string> {
    return this.#hosts.keys();
  }

  /**
   * Forgets the host's boots that have been quiet since `before`, and keeps every set small.
   * @returns whether anything of the host is left
   */
  prune(host: string, before: number): boolean {
    const boots = this.#hosts.get(host);
    if (!boots) return false;
    for (const [boot, state] of boots) {
      if (state.touched < before) {
        boots.delete(boot);
        continue;
      }
      for (const set of ['received', 'claimed', 'settled', 'declared'] as const) state[set] = thinned(state[set]);
      if (state.elsewhere) state.elsewhere = thinned(state.elsewhere);
      // Here nothing may be closed: it would name numbers that came once.
      if (state.repeated.intervals > MAX_INTERVALS)
        state.repeated = new Ranges(state.repeated.pairs().slice(-MAX_INTERVALS));
    }
    if (boots.size > 0) return true;
    this.#hosts.delete(host);
    this.#accounts.delete(host);
    this.#byKey.delete(hostKey(host));
    return false;
  }
}

function quietest(boots: Map<Boot, SequenceState>): Boot {
  let least: Boot = '';
  let when = Number.POSITIVE_INFINITY;
  for (const [boot, state] of boots) {
    if (state.touched < when) {
      when = state.touched;
      least = boot;
    }
  }
  return least;
}

/** A collector that changes relays often leaves holes here that nothing will fill: far below, they are closed. */
function thinned(ranges: Ranges): Ranges {
  if (ranges.intervals <= MAX_INTERVALS) return ranges;
  const pairs = ranges.pairs();
  const kept = pairs.slice(-MAX_INTERVALS / 2);
  return new Ranges([[pairs[0]![0], kept[0]![1]], ...kept.slice(1)]);
}
