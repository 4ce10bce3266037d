import { Latencies, type LatencyCounts } from './latencies.ts';

/** What is counted, over all hosts of a process or of the run. */
export interface Counts {
  connected: number;
  /** Hosts that were connected at least once. */
  everConnected: number;
  reconnects: number;
  /** Reconnects with a ticket that the relay took. */
  resumed: number;
  samplesSent: number;
  samplesAcknowledged: number;
  /** Given up because an outbox was full, and declared to the relay. */
  samplesDropped: number;
  linesSent: number;
  linesAcknowledged: number;
  linesDropped: number;
  framesSent: number;
  /** Of those: once more, because the connection ended before the acknowledgement. */
  framesRepeated: number;
  framesRefused: number;
  queuedFrames: number;
  bytesSent: number;
  restarts: number;
  cardsMasked: number;
  garbageSent: number;
  garbageRefused: number;
  /** Refusals that could not come any more, because the connection ended. */
  garbageUnanswered: number;
  /** Hosts that are not back, or not current, since the last storm. */
  stormPending: number;
  /** Bytes of memory of the process, and ms of CPU since its first host. */
  rssBytes: number;
  cpuMs: number;
}

export interface RunStats extends Counts {
  /** Milliseconds from publish to acknowledgement. */
  readonly latencies: Latencies;
  readonly errors: Map<string, number>;
  /** Hosts that are connected, by the address of their relay. */
  readonly at: Map<string, number>;
}

/** The same as it goes from process to process. */
export interface Snapshot extends Counts {
  readonly latencies: LatencyCounts;
  readonly errors: readonly (readonly [string, number])[];
  readonly at: readonly (readonly [string, number])[];
}

/** Different errors that are kept apart; more are counted together. */
const MOST_ERRORS = 64;

export function emptyStats(): RunStats {
  return {
    connected: 0,
    everConnected: 0,
    reconnects: 0,
    resumed: 0,
    samplesSent: 0,
    samplesAcknowledged: 0,
    samplesDropped: 0,
    linesSent: 0,
    linesAcknowledged: 0,
    linesDropped: 0,
    framesSent: 0,
    framesRepeated: 0,
    framesRefused: 0,
    queuedFrames: 0,
    bytesSent: 0,
    restarts: 0,
    cardsMasked: 0,
    garbageSent: 0,
    garbageRefused: 0,
    garbageUnanswered: 0,
    stormPending: 0,
    rssBytes: 0,
    cpuMs: 0,
    latencies: new Latencies(),
    errors: new Map(),
    at: new Map(),
  };
}

export function noteError(stats: Pick<RunStats, 'errors'>, what: string, count = 1): void {
  const name = stats.errors.has(what) || stats.errors.size < MOST_ERRORS ? what : 'others';
  stats.errors.set(name, (stats.errors.get(name) ?? 0) + count);
}

/** One host more, or less, is connected to a relay. */
export function countAt(stats: Pick<RunStats, 'at'>, relay: string, change: number): void {
  stats.at.set(relay, (stats.at.get(relay) ?? 0) + change);
}

export function snapshotOf(stats: RunStats): Snapshot {
  return { ...stats, latencies: stats.latencies.counts(), errors: [...stats.errors], at: [...stats.at] };
}

/** The stats of all processes as one. */
export function sumOf(snapshots: readonly Snapshot[]): RunStats {
  const sum = emptyStats();
  for (const snapshot of snapshots) {
    for (const key of Object.keys(sum) as (keyof RunStats)[]) {
      if (key !== 'latencies' && key !== 'errors' && key !== 'at') sum[key] += snapshot[key];
    }
    sum.latencies.addAll(snapshot.latencies);
    for (const [what, count] of snapshot.errors) noteError(sum, what, count);
    for (const [relay, count] of snapshot.at) countAt(sum, relay, count);
  }
  return sum;
}
