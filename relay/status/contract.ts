import type { Amount } from '../../lib/ledger.ts';
import type { CardinalityState } from '../../lib/limits/report.ts';
import type { DataClass } from '../../proto/class.ts';

/**
 * What `/status.json` answers: the one form that the page and `heliograph relay status|top` read. Times are ms since the
 * epoch by the relay's clock; null: not known (yet). No Node types: a browser's code reads it too.
 */
export interface RelayStatus {
  readonly version: 1;
  readonly relay: string;
  readonly site: string;
  readonly time: number;
  /** Nothing of `troubles`. */
  readonly well: boolean;
  /** What somebody has to do something about. */
  readonly troubles: readonly string[];
  /** What is worth knowing, and does not make the relay unwell. */
  readonly remarks: readonly string[];
  /** How long a certificate has left, and how far a clock is off, before it is remarked on, ms. */
  readonly limits: { readonly certificateMs: number; readonly skewMs: number; readonly connections: number };
  /** When the relay's own certificate ends. */
  readonly certificateEnds: number | null;
  readonly hosts: HostTotals;
  readonly rate: Rate;
  readonly journal: JournalState;
  readonly handshakes: Handshakes;
  readonly definitions: Cardinality;
  /** What limits know of series; null: the configuration has no section `cardinality`. */
  readonly cardinality: CardinalityState | null;
  readonly classes: readonly ClassState[];
  /** Null: no rules. */
  readonly rules: RulesState | null;
  /** Who sends by the doors; null: there are none. */
  readonly doors: DoorsState | null;
  /** One for each process that takes collectors in, and for folders that are being emptied. */
  readonly workers: readonly WorkerState[];
  /** Which rows these are. */
  readonly page: { readonly sort: Sort; readonly host: string; readonly from: number; readonly matching: number };
  readonly rows: readonly HostRow[];
}

/** The alerting rules of the relay, and what became of their alerts. Times are ms since the epoch. */
export interface RulesState {
  /** In words, why the rules that stand in the file now are not in force; null: they are. */
  readonly trouble: string | null;
  readonly rules: readonly {
    readonly group: string;
    readonly alert: string;
    readonly pending: number;
    readonly firing: number;
    /** Why it could not be evaluated the last time. */
    readonly trouble: string | null;
  }[];
  /** The oldest that fire, at most 100. */
  readonly firing: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly since: number;
    readonly value: string;
    /** Who notifies people of it; null: not decided yet. */
    readonly owner: 'core' | 'relay' | null;
  }[];
  readonly receivers: readonly {
    readonly url: string;
    readonly sent: number;
    readonly failed: number;
    readonly trouble: string | null;
  }[];
  readonly series: number;
  /** Samples that rules do not see, because there is no room for their series. */
  readonly refusedSamples: number;
  readonly hosts: { readonly known: number; readonly down: number };
}

/** Clients of the doors since the start: those heard last. */
export interface DoorsState {
  readonly clients: number;
  readonly rows: readonly DoorClientRow[];
}

/** What one client brought by one door. Times are ms since the epoch. */
export interface DoorClientRow {
  /** `remote_write`, `otlp_http_metrics`, ... */
  readonly door: string;
  /** The token's or the certificate's name; `local`: a program of this machine. */
  readonly client: string;
  /** Where its last request came from; null: not known. */
  readonly address: string | null;
  readonly since: number;
  readonly last: number;
  readonly samples: number;
  readonly lines: number;
  /** Samples and lines that could not be taken, each for a reason that the client was told. */
  readonly refused: number;
}

/** What one process says of itself; a relay is the sum of its processes. */
export interface ProcessStatus {
  readonly worker: WorkerState;
  readonly certificateEnds: number | null;
  /** What is wrong here. */
  readonly troubles: readonly string[];
  readonly remarks: readonly string[];
  readonly hosts: HostTotals;
  readonly definitions: Cardinality;
  readonly cardinality: CardinalityState | null;
  readonly classes: readonly ClassState[];
  /** Null: no rules. */
  readonly rules: RulesState | null;
  readonly doors: DoorsState | null;
  /** Hosts that the filter lets through. */
  readonly matching: number;
  readonly rows: readonly HostRow[];
}

/** What rows can be sorted by; each begins with what an operator looks for: the most, the worst, the soonest. */
export const SORTS = ['rate', 'backlog', 'skew', 'series', 'drops', 'certificate', 'since', 'host'] as const;
export type Sort = (typeof SORTS)[number];

/** One connected host. */
export interface HostRow {
  readonly host: string;
  /** Where it comes from; null: it has just gone. */
  readonly address: string | null;
  readonly worker: number;
  /** When it connected. */
  readonly since: number;
  /** What came from it, over the time of `Rate.overMs`. */
  readonly itemsPerSecond: number | null;
  readonly framesPerSecond: number | null;
  /** Frames that wait at the host, as it last said. */
  readonly waitingThere: number | null;
  /** Frames of it that wait here for the core. */
  readonly waitingHere: number;
  /** Its clock minus ours, ms. */
  readonly skewMs: number | null;
  readonly certificateEnds: number;
  /** Series that it says it sends. */
  readonly series: number | null;
  /** Frames given up by the host, as it last said, and here. */
  readonly droppedThere: number | null;
  readonly droppedHere: number;
}

/** Of connected hosts. */
export interface HostTotals {
  readonly connected: number;
  readonly clocksOff: number;
  /** The largest difference of a clock, whatever its sign, ms. */
  readonly greatestSkewMs: number;
  readonly certificatesEnding: number;
  readonly nextCertificateEnds: number | null;
  /** Frames that wait at hosts, and hosts where some do. */
  readonly waitingThere: number;
  readonly hostsWaiting: number;
  readonly series: number;
}

/** Samples, lines and events a second, measured from one look to the next; null with the first look for a while. */
export interface Rate {
  readonly overMs: number | null;
  readonly itemsPerSecond: number | null;
  readonly framesPerSecond: number | null;
}

export interface JournalState {
  readonly bytes: number;
  readonly maxBytes: number;
}

export interface Handshakes {
  readonly waiting: number;
  /** Admitted in a second, now. */
  readonly perSecond: number;
}

/** What is known of series by the pages that hosts sent. */
export interface Cardinality {
  readonly definitions: number;
  readonly pages: number;
  /** Distinct series of those, without the host's own labels: equal hosts share theirs. */
  readonly series: number;
}

export interface LaneState {
  /** Bytes of the journal that the lane has not read yet. */
  readonly unreadBytes: number;
  /** Bytes of its blocks that the core has not acknowledged. */
  readonly blockBytes: number;
  /** Blocks that the core has and has not acknowledged yet. */
  readonly withCore: number;
  /** Blocks that are to be sent again. */
  readonly again: number;
}

export interface ClassState {
  readonly class: DataClass;
  readonly in: Amount;
  readonly out: Amount;
  readonly queued: Amount;
  readonly repeated: Amount;
  readonly dropped: Readonly<Record<string, Amount>>;
  /** Whether collectors hold this class back: 0 no, 1 slow, 2 stop. */
  readonly pressure: number;
  readonly live: LaneState;
  readonly backfill: LaneState;
}

export interface WorkerState {
  readonly worker: number;
  /** False: it does not stand or does not answer; its other figures are nothing then. */
  readonly up: boolean;
  readonly why: string | null;
  readonly hosts: number;
  readonly rate: Rate;
  readonly queuedFrames: number;
  readonly journal: JournalState;
  readonly handshakes: Handshakes;
  readonly upstream: {
    readonly open: boolean;
    readonly core: string | null;
    readonly since: number;
    readonly trouble: string | null;
  } | null;
}
