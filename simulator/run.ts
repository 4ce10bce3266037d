import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { RelayMember } from '../collector/core/uplink/relay-order.ts';
import { systemClock } from '../lib/clock.ts';
import { fetchFailure } from '../lib/fetch-failure.ts';
import { prepareCertificates } from './certificates.ts';
import { type CrewSetup, kindsOf } from './crew.ts';
import type { Mix } from './kinds.ts';
import { NAMES } from './names.ts';
import { calmPhase, type Phase } from './phase.ts';
import { Progress } from './progress.ts';
import { type PhaseReport, type RunReport, report } from './report.ts';
import { type RunStats, sumOf } from './stats.ts';
import { type Verified, verifyUntilGood } from './verify.ts';
import { localWorker, processWorker, type Worker } from './workers.ts';

export interface RunOptions {
  readonly hosts: number;
  /** One, or several as a collector has them. */
  readonly relay: Pick<RelayMember, 'host' | 'port'> | readonly RelayMember[];
  readonly intervalMs: number;
  /** 0: until `signal` is aborted. */
  readonly durationMs: number;
  readonly logsPerSecond: number;
  /** Instead of one calm phase of `durationMs`. */
  readonly phases?: readonly Phase[];
  /** Series of a host; null: as many as were recorded. */
  readonly series?: number | null;
  /** Kinds of host; unless stated all show the recorded series. */
  readonly mix?: Mix;
  /** Instants gathered in one frame, 1 to 127. */
  readonly instants?: number;
  /** Processes; 1: this one. */
  readonly workers?: number;
  /** Share of the hosts whose clocks are wrong. */
  readonly skewedClocks?: number;
  /** The authority's folder; certificates of simulated hosts are kept in `simulated/` below it. */
  readonly authority: string;
  /** What the names of the hosts begin with; two runs at one relay at the same time want different ones. NAMES if not given. */
  readonly names?: string;
  readonly verify: URL | null;
  /** Hosts whose values are compared; of the others samples are counted. */
  readonly verifyHosts?: number;
  /** For how long nothing more has to come to the store, ms, until what is missing counts; a minute unless stated. */
  readonly verifyMs?: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** For how long nothing has to be acknowledged after the end, ms, until it is given up; a minute. Unless stated, and then a run that is ended by `signal` waits a second in all. */
  readonly drainMs?: number;
  readonly onProgress: (stats: RunStats, elapsedMs: number, phase: string) => void;
  readonly onReady: () => void;
  readonly say: (line: string) => void;
}

/** The end of a run waits for the last acknowledgements, and for the store to show the last samples, as long as more come within this. */
const DRAIN_MS = 60_000;
const VERIFY_WAIT_MS = 60_000;
/** A relay that no host ever reached is waited for no longer than this. */
const NOBODY_MS = 5000;
/** Who ended the run by hand does not want to wait. */
const HURRIED_MS = 1000;
const GOODBYE_MS = 15_000;
/** All values of so many hosts are compared, unless stated otherwise. */
export const VERIFY_HOSTS = 500;
/** Hosts that begin in a second: what a relay admits. */
const RAMP = 400;

/** Runs a fleet of simulated hosts against a relay, and checks the store afterwards if asked to. */
export async function runSimulation(options: RunOptions): Promise<RunReport> {
  const { hosts, signal, say } = options;
  await prepareCertificates({ authority: options.authority, names: options.names ?? NAMES }, hosts, Date.now(), say);
  const setups = setupsOf(options);
  const workers = setups.length === 1 ? [localWorker(setups[0]!)] : setups.map(processWorker);
  const began = systemClock.mono();
  const stats = () => sumOf(workers.map((worker) => worker.snapshot()));
  let phase = 'run';
  const progress = setInterval(() => options.onProgress(stats(), systemClock.mono() - began, phase), 1000);
  try {
    await Promise.all(workers.map((worker) => worker.start()));
    options.onReady();
    const phases: PhaseReport[] = [];
    /** When all hosts were connected for the first time: what a sample costs is counted from there. */
    let steady: RunStats | null = null;
    for (const next of options.phases ?? [calmPhase(options.durationMs, options.logsPerSecond)]) {
      if (signal.aborted) break;
      phase = next.name;
      phases.push(
        await runPhase(next, workers, stats, signal, (now) => {
          if (steady === null && now.connected === hosts) steady = now;
        }),
      );
    }
    await Promise.all(workers.map((worker) => worker.end()));
    const seconds = (systemClock.mono() - began) / 1000;
    const atEnd = stats();
    phase = 'drain';
    const acknowledgedAfterSeconds = await drain(stats, signal, options.drainMs);
    const truths = (await Promise.all(workers.map((worker) => worker.stop(GOODBYE_MS)))).flat();
    clearInterval(progress);
    const final = stats();
    let found: { readonly verified: Verified; readonly storedAfterSeconds: number | null } | null = null;
    let unverified: string | null = null;
    if (options.verify) {
      const known = { schedule: setups[0]!.schedule, kind: kindsOf(setups[0]!) };
      const { verify: core, verifyHosts = VERIFY_HOSTS, seed, verifyMs: idleMs = VERIFY_WAIT_MS } = options;
      const how = { core, hosts: verifyHosts, seed, idleMs, clock: systemClock, wait, say };
      try {
        found = await verifyUntilGood(truths, known, how);
      } catch (error) {
        // The report of the run is worth having all the same, and says it.
        unverified = `${core.origin}: ${fetchFailure(error)}`;
      }
    }
    const { verified = null, storedAfterSeconds = null } = found ?? {};
    const drained = { acknowledgedAfterSeconds, storedAfterSeconds };
    const { intervalMs } = options;
    const relays = relaysOf(options);
    return report({
      relays,
      hosts,
      intervalMs,
      seconds,
      steady,
      atEnd,
      stats: final,
      phases,
      verified,
      unverified,
      drained,
    });
  } finally {
    clearInterval(progress);
    for (const worker of workers) worker.kill();
  }
}

/** One phase, to its end or to the end of the run; how long a storm took until all were back. */
async function runPhase(
  phase: Phase,
  workers: readonly Worker[],
  stats: () => RunStats,
  signal: AbortSignal,
  watch: (stats: RunStats) => void,
): Promise<PhaseReport> {
  const began = systemClock.mono();
  const before = stats();
  await Promise.all(workers.map((worker) => worker.phase(phase)));
  const ended = phase.durationMs > 0 ? () => systemClock.mono() - began >= phase.durationMs : () => false;
  let stormMs: number | null = null;
  let most = 0;
  while (!ended() && !signal.aborted) {
    const now = stats();
    most = Math.max(most, now.queuedFrames);
    watch(now);
    if (phase.storm && stormMs === null && now.stormPending === 0) stormMs = systemClock.mono() - began;
    const left = phase.durationMs > 0 ? phase.durationMs - (systemClock.mono() - began) : 500;
    await pause(Math.min(left, stormMs === null && phase.storm ? 100 : 500), signal);
  }
  const after = stats();
  return {
    name: phase.name,
    seconds: (systemClock.mono() - began) / 1000,
    samples: after.samplesAcknowledged - before.samplesAcknowledged,
    lines: after.linesAcknowledged - before.linesAcknowledged,
    reconnects: after.reconnects - before.reconnects,
    mostQueued: most,
    backAfterSeconds: phase.storm ? (stormMs === null ? null : stormMs / 1000) : undefined,
  };
}

/**
 * What was sent last deserves its acknowledgement: waits for it as long as more come.
 * @returns after how many seconds all was acknowledged; null: not all was
 */
async function drain(stats: () => RunStats, signal: AbortSignal, asked: number | undefined): Promise<number | null> {
  const began = systemClock.mono();
  const progress = new Progress(began);
  for (;;) {
    const now = stats();
    const after = systemClock.mono() - began;
    if (isDrained(now)) return after / 1000;
    const answered = now.samplesAcknowledged + now.linesAcknowledged + now.garbageRefused + now.garbageUnanswered;
    const { stillFor } = progress.at(began + after, answered);
    if (stillFor >= (asked ?? DRAIN_MS)) return null;
    if (asked === undefined && now.everConnected === 0 && now.errors.size > 0 && after >= NOBODY_MS) return null;
    if (asked === undefined && signal.aborted && after >= HURRIED_MS) return null;
    await wait(50);
  }
}

function isDrained(stats: RunStats): boolean {
  return stats.queuedFrames === 0 && stats.garbageSent === stats.garbageRefused + stats.garbageUnanswered;
}

function relaysOf({ relay }: Pick<RunOptions, 'relay'>): readonly RelayMember[] {
  return 'host' in relay ? [{ ...relay, weight: 1, tier: 1 }] : relay;
}

/** The hosts divided among the processes. */
function setupsOf(options: RunOptions): CrewSetup[] {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const { hosts, workers = 1, seed, intervalMs } = options;
  const count = Math.min(workers, hosts);
  const schedule = { seed, startedAt: Date.now(), intervalMs, skewed: options.skewedClocks ?? 0 };
  return Array.from({ length: count }, (_, worker) => {
    const first = Math.floor((worker * hosts) / count);
    return {
      first,
      count: Math.floor(((worker + 1) * hosts) / count) - first,
      hosts,
      relays: relaysOf(options),
      authority: options.authority,
      names: options.names ?? NAMES,
      schedule,
      instants: options.instants ?? 1,
      series: options.series ?? null,
      mix: options.mix ?? { server: 1 },
      rampMs: Math.max(Math.min(2000, hosts * 5), (hosts / RAMP) * 1000),
      version,
    };
  });
}

/** Waits, but not past the end of the run; for a moment that is over, not at all. */
async function pause(ms: number, ended: AbortSignal): Promise<void> {
  await wait(Math.max(0, ms), undefined, { signal: ended }).catch((error: Error) => {
    if (error.name !== 'AbortError') throw error;
  });
}
