import type { Ledger } from '../../lib/ledger.ts';
import type { Health } from '../api/health.ts';
import type { DesiredStore } from '../fleet/desired.ts';
import type { Fleet, FleetEvent } from '../fleet/fleet.ts';
import type { HostMemory } from '../fleet/host.ts';
import type { FreshnessView } from '../freshness/freshness.ts';
import type { DeclaredGap, Gaps } from '../ledger/gaps.ts';
import type { CoreAccounts } from '../ledger/view.ts';
import type { SequenceRanges } from '../ports/metric-store.ts';
import type { Role } from '../roles.ts';
import type { LogTail } from '../tail/log-tail.ts';

/** The form of what peers tell each other; one of another version is not read. */
export const PEER_VERSION = 1;

/** What a process of a split core knows, for its console. JSON. */
export interface PeerState {
  readonly version: typeof PEER_VERSION;
  readonly name: string;
  readonly roles: readonly Role[];
  /** Another run of the process begins with another name; versions and counts of before mean nothing then. */
  readonly run: string;
  readonly relays: readonly {
    readonly relay: string;
    readonly site: string;
    readonly since: number;
    readonly software: string;
  }[];
  /** Hosts that changed since the version asked for, and the version they make. */
  readonly hosts: { readonly version: number; readonly changed: readonly HostMemory[] };
  readonly events: readonly FleetEvent[];
  /** All of them, where there are more than the asker knows; null: none is new. */
  readonly gaps: { readonly count: number; readonly list: readonly DeclaredGap[] | null };
  /** When the newest desired document was changed, ms; 0 if there is none. */
  readonly desired: number;
  readonly account: Ledger;
  readonly doors: readonly Ledger[];
  readonly reports: readonly Ledger[];
  readonly freshness: FreshnessView;
  readonly health: ReturnType<Health['view']>;
}

export interface PeerSequences {
  readonly sequences: readonly SequenceRanges[];
  readonly queued: number;
}

/** What the console has of a process already. */
export interface Known {
  readonly run: string;
  readonly hosts: number;
  readonly gaps: number;
}

export interface OwnState {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly run: string;
  readonly fleet: Fleet;
  readonly gaps: Gaps;
  readonly desired: DesiredStore;
  readonly accounts: CoreAccounts;
  readonly freshness: { view(): FreshnessView };
  readonly health: Health;
  readonly tail: LogTail;
}

/** What this process knows that is new to whoever asks. */
export function stateFor(own: OwnState, known: Known): PeerState {
  const same = known.run === own.run;
  const { version, hosts } = own.fleet.changedSince(same ? known.hosts : 0);
  const count = own.gaps.count();
  const news = !same || count !== known.gaps;
  return {
    version: PEER_VERSION,
    name: own.name,
    roles: own.roles,
    run: own.run,
    relays: own.fleet.relays().map(({ relay, site, since, software }) => ({ relay, site, since, software })),
    hosts: { version, changed: hosts },
    events: own.fleet.events(),
    gaps: { count, list: news ? own.gaps.find(null, 0, Number.MAX_SAFE_INTEGER, MOST_GAPS) : null },
    desired: own.desired.all().reduce((newest, { changed }) => Math.max(newest, changed), 0),
    account: own.accounts.cores()[0]!.ledger,
    doors: own.accounts.doors(),
    reports: own.accounts.relays(),
    freshness: own.freshness.view(),
    health: own.health.view(),
  };
}

/** The newest are what a person looks for. */
const MOST_GAPS = 50_000;
