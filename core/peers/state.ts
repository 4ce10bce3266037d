import { z } from 'zod';
import { HeliographError } from '../../lib/errors.ts';
import type { Ledger } from '../../lib/ledger.ts';
import { DATA_CLASSES } from '../../proto/class.ts';
import { HOST_NAME } from '../../proto/topics.ts';
import type { DesiredStore } from '../fleet/desired.ts';
import type { Fleet, FleetEvent } from '../fleet/fleet.ts';
import type { HostMemory } from '../fleet/host.ts';
import type { LevelDesk } from '../fleet/level-desk.ts';
import { RELAY_KEY } from '../fleet/relay-key.ts';
import type { FreshnessView } from '../freshness/freshness.ts';
import type { BusSide } from '../ledger/bus-hop.ts';
import type { DeclaredGap, Gaps } from '../ledger/gaps.ts';
import { amountSchema, ledgerSchema } from '../ledger/reports.ts';
import type { CoreAccounts } from '../ledger/view.ts';
import type { HeldOrders } from '../limits/answer.ts';
import type { OrderDesk } from '../limits/order-desk.ts';
import { ROLES, type Role } from '../roles.ts';
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
    /** The key of a relay's process. */
    readonly relay: string;
    /** Not there: of a version that knows one process a relay. */
    readonly workers?: number | undefined;
    readonly site: string;
    readonly since: number;
    readonly software: string;
  }[];
  /** Hosts that changed since the version asked for, and the version they make. */
  readonly hosts: {
    readonly version: number;
    /** What time it is there, ms, by the clock that also says when it heard the relays. Not there: of a version that does not say either. */
    readonly time?: number | undefined;
    readonly changed: readonly HostMemory[];
  };
  readonly events: readonly FleetEvent[];
  /** All of them, where there are more than the asker knows; null: none is new. */
  readonly gaps: { readonly count: number; readonly list: readonly DeclaredGap[] | null };
  /** When the newest desired document was changed, ms; 0 if there is none. */
  readonly desired: number;
  /** The same of orders of levels. Not there: of a version that has none. */
  readonly levels?: number | undefined;
  /** Blocks and caps: the version of the list, and what the relays that are with it hold. Not there: of a version that has none. */
  readonly orders?: {
    readonly version: number;
    readonly held: readonly (readonly [string, HeldOrders | null])[];
    /** Its own doors carry them out. */
    readonly doors?: boolean | undefined;
  };
  readonly account: Ledger;
  /** Null: it keeps none; not there: of a version that does not say. */
  readonly bus?: BusSide | null;
  readonly doors: readonly Ledger[];
  readonly reports: readonly Ledger[];
  readonly freshness: FreshnessView;
}

const amountOfTime = z.number().min(0);
const text = z.string().max(4096);
const figure = z.object({
  count: z.number(),
  p50: z.number().nullable(),
  p99: z.number().nullable(),
  max: z.number().nullable(),
});
const relayView = z.object({
  connected: z.boolean(),
  since: z.number(),
  reason: text,
  connection: z.number(),
  site: text,
  heard: z.number().optional(),
});

/** Everything that is kept or shown of what a peer says is looked at first; what a newer one says besides is left out. */
const stateSchema = z.object({
  version: z.literal(PEER_VERSION),
  name: z.string().regex(HOST_NAME),
  roles: z.array(z.enum(ROLES)),
  run: text,
  relays: z.array(
    z.object({
      relay: text,
      workers: z.number().optional(),
      site: text,
      since: z.number(),
      software: text,
    }),
  ),
  hosts: z.object({
    version: z.number(),
    time: z.number().optional(),
    changed: z.array(
      z.object({
        host: z.string().regex(HOST_NAME),
        relays: z.record(z.string().regex(RELAY_KEY), relayView),
        skew: z.number(),
        lastSeen: amountOfTime,
        // As the gateway has read it from the collector.
        status: z.record(z.string(), z.unknown()).nullable(),
        pushesSince: z.number().optional(),
      }),
    ),
  }),
  events: z.array(
    z.object({ time: z.number(), host: text, type: text, relay: text, facts: z.record(z.string(), z.unknown()) }),
  ),
  gaps: z.object({
    count: z.number(),
    list: z
      .array(
        z.object({
          host: text,
          class: z.enum(DATA_CLASSES),
          boot: text,
          from: z.number(),
          to: z.number(),
          reason: text,
          frames: z.number(),
          items: z.number(),
          firstTime: z.number(),
          lastTime: z.number(),
        }),
      )
      .nullable(),
  }),
  desired: z.number(),
  levels: z.number().optional(),
  orders: z
    .object({
      version: z.number(),
      doors: z.boolean().optional(),
      held: z.array(
        z.tuple([
          z.string().regex(RELAY_KEY),
          z.object({ version: z.number(), counts: z.boolean(), trouble: text }).nullable(),
        ]),
      ),
    })
    .optional(),
  account: ledgerSchema,
  bus: z
    .object({
      published: z.array(z.object({ class: z.enum(DATA_CLASSES), sure: amountSchema })),
      put: z.array(
        z.object({
          class: z.enum(DATA_CLASSES),
          partition: z.number(),
          ranges: z.array(z.tuple([z.number(), z.number()])),
        }),
      ),
      taken: z.array(
        z.object({
          class: z.enum(DATA_CLASSES),
          partition: z.number(),
          ranges: z.array(z.tuple([z.number(), z.number()])),
          items: z.number(),
          counted: z.number(),
        }),
      ),
    })
    .nullish(),
  doors: z.array(ledgerSchema),
  reports: z.array(ledgerSchema),
  freshness: z.object({ sentToQueryable: figure, sampleToQueryable: figure, sentToSearchable: figure }),
});

/** @throws HeliographError HG_PEER for what is no state of a peer of this version */
export function parseState(value: unknown, peer: string): PeerState {
  const parsed = stateSchema.safeParse(value);
  if (parsed.success) return parsed.data as unknown as PeerState;
  const issue = parsed.error.issues[0]!;
  throw new HeliographError(
    'HG_PEER',
    `${peer} says what this version (${PEER_VERSION}) does not read: ${issue.path.join('.')}: ${issue.message}`,
  );
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
  readonly levels: LevelDesk;
  readonly orders: OrderDesk;
  readonly accounts: CoreAccounts;
  readonly freshness: { view(): FreshnessView };
  readonly tail: LogTail;
}

/** What this process knows that is new to whoever asks. */
export function stateFor(own: OwnState, known: Known): PeerState {
  const same = known.run === own.run;
  const { version, time, hosts } = own.fleet.changedSince(same ? known.hosts : 0);
  const count = own.gaps.count();
  const news = !same || count !== known.gaps;
  return {
    version: PEER_VERSION,
    name: own.name,
    roles: own.roles,
    run: own.run,
    relays: own.fleet
      .relays()
      .map(({ key, workers, site, since, software }) => ({ relay: key, workers, site, since, software })),
    hosts: { version, time, changed: hosts },
    events: own.fleet.events(),
    gaps: { count, list: news ? own.gaps.find(null, 0, Number.MAX_SAFE_INTEGER, MOST_GAPS) : null },
    desired: own.desired.newest(),
    levels: own.desired.levels.newest(),
    orders: { version: own.orders.version(), held: [...own.orders.held()], doors: own.orders.doors },
    account: own.accounts.cores()[0]!.ledger,
    bus: own.accounts.bus(),
    doors: own.accounts.doors(),
    reports: own.accounts.relays(),
    freshness: own.freshness.view(),
  };
}

/** The newest are what a person looks for. */
const MOST_GAPS = 50_000;
