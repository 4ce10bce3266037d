import type { LogRule } from './logs/log-rules.ts';
import type { RelayMember } from './uplink/relay-order.ts';

/** What a collector is told to do, checked by whoever read it. Times in ms, sizes in bytes. */
export interface CollectorSettings {
  /** The common name of its certificate. */
  readonly name: string;
  readonly profile: string;
  readonly relays: readonly RelayMember[];
  /** After how long away from its first relay it tries to go back; 0: never. */
  readonly homecomingMs: number;
  /** Its own folder: the spool, the definitions, the name of the last boot. */
  readonly dataDir: string;
  /** Where the machine's files are. */
  readonly root: string;
  readonly intervalMs: number;
  /** Its place in the interval; null: from its name. */
  readonly phaseMs: number | null;
  readonly instantsPerFrame: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly seriesLimit: number;
  /** Most series of all that is pushed (applications, devices). */
  readonly pushedSeriesLimit: number;
  /** Of their names and labels, beside the 1,000 for each. */
  readonly pushedCharacterLimit: number;
  readonly keepAliveSeconds: number;
  readonly statusMs: number;
  readonly logs: readonly LogRule[];
  /** Patterns of files that no rule follows. */
  readonly logExclude?: readonly string[];
  readonly logLingerMs: number;
  readonly logBatchBytes: number;
  readonly logPollMs: number;
  readonly spool: {
    readonly maxBytes: number;
    readonly segmentBytes: number;
    readonly lingerMs: number;
    readonly mode: 'disk' | 'memory';
    /** Age at which frames are given up, by class; missing: never. */
    readonly maxAgeMs?: Readonly<Record<string, number>> | undefined;
  };
  readonly window: {
    readonly frames: number;
    readonly bytes: number;
    readonly backfillShare: number;
    readonly staleMs: number;
  };
  readonly backOff: { readonly baseMs: number; readonly capMs: number; readonly provenAfterMs: number };
  /** What it may take of its host; null: as much as it needs. */
  readonly caps: {
    /** Of one core, 0.25 for a quarter. */
    readonly cpu: number | null;
    /** Resident bytes. */
    readonly memory: number | null;
    /** Bytes that are written to disk in a day, in the spool's memory mode. */
    readonly writesPerDay: number | null;
  };
  /** How long `close` tries to get out what is in the spool. */
  readonly closeMs: number;
  readonly zoneMinutes: number;
}
