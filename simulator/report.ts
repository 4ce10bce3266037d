import type { RelayMember } from '../collector/core/uplink/relay-order.ts';
import { addressText } from '../collector/core/uplink/relay-turns.ts';
import { type Findings, faultsOf } from './findings.ts';
import { shortcomings } from './shortcomings.ts';
import type { RunStats } from './stats.ts';
import type { Verified } from './verify.ts';

/** What one phase of a run came to. */
export interface PhaseReport {
  readonly name: string;
  readonly seconds: number;
  /** Acknowledged in it. */
  readonly samples: number;
  readonly lines: number;
  readonly reconnects: number;
  readonly mostQueued: number;
  /** After a storm: when all hosts were connected again and nothing of before was left; null: not within the phase. */
  readonly backAfterSeconds?: number | null | undefined;
}

/** How long a run's end had to wait, in seconds. */
export interface Drained {
  /** Until all that was sent was acknowledged; null: some was not. */
  readonly acknowledgedAfterSeconds: number | null;
  /** From then on, until the store showed all that was acknowledged; null: some was missing to the end, or nobody looked. */
  readonly storedAfterSeconds: number | null;
}

export interface RunReport {
  readonly hosts: number;
  /** Hosts that were connected at least once. */
  readonly connected: number;
  readonly seconds: number;
  readonly samples: { readonly sent: number; readonly acknowledged: number; readonly dropped: number };
  readonly lines: { readonly sent: number; readonly acknowledged: number; readonly dropped: number };
  readonly frames: number;
  /** Of those: once more, because a connection ended before the acknowledgement. */
  readonly framesRepeated: number;
  /** Sent or not, and never acknowledged. */
  readonly framesLost: number;
  /** Hosts at the end, before they said goodbye, by the address of their relay. */
  readonly relays: readonly {
    readonly relay: string;
    readonly tier: number;
    readonly weight: number;
    readonly hosts: number;
  }[];
  readonly bytes: number;
  readonly refused: number;
  readonly reconnects: number;
  readonly resumed: number;
  readonly restarts: number;
  readonly cardsMasked: number;
  readonly garbage: { readonly sent: number; readonly refused: number; readonly unanswered: number };
  readonly errors: Record<string, number>;
  readonly acknowledgementMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly cpuSeconds: number;
  /** From when all hosts were connected on: without what connecting cost. */
  readonly cpuSecondsPerMillionSamples: number;
  /** Of all processes of the simulator, at the end. */
  readonly memoryBytes: number;
  readonly phases: readonly PhaseReport[];
  readonly drained: Drained;
  readonly verified: Verified | null;
  /** Which store could not be asked, and why; null: it was, or was not to be. */
  readonly unverified: string | null;
  /** Why the run is not good, in words. */
  readonly wrong: readonly string[];
  readonly good: boolean;
}

export function report(run: {
  readonly hosts: number;
  readonly relays: readonly RelayMember[];
  readonly intervalMs: number;
  readonly seconds: number;
  /** When all hosts were connected for the first time, if ever. */
  readonly steady: RunStats | null;
  /** When the last phase was over. */
  readonly atEnd: RunStats;
  /** When all was acknowledged, or waited for long enough. */
  readonly stats: RunStats;
  readonly phases: readonly PhaseReport[];
  readonly drained: Drained;
  readonly verified: Verified | null;
  readonly unverified: string | null;
}): RunReport {
  const { hosts, relays, seconds, steady, atEnd, stats, phases, drained, verified, unverified } = run;
  const garbage = { sent: stats.garbageSent, refused: stats.garbageRefused, unanswered: stats.garbageUnanswered };
  const samples = atEnd.samplesSent - (steady?.samplesSent ?? 0);
  const found = {
    hosts,
    connected: stats.everConnected,
    seconds,
    samples: { sent: stats.samplesSent, acknowledged: stats.samplesAcknowledged, dropped: stats.samplesDropped },
    lines: { sent: stats.linesSent, acknowledged: stats.linesAcknowledged, dropped: stats.linesDropped },
    frames: stats.framesSent,
    framesRepeated: stats.framesRepeated,
    framesLost: stats.queuedFrames,
    relays: relays.map((member) => {
      const relay = addressText(member);
      return { relay, tier: member.tier, weight: member.weight, hosts: atEnd.at.get(relay) ?? 0 };
    }),
    bytes: stats.bytesSent,
    refused: stats.framesRefused,
    reconnects: stats.reconnects,
    resumed: stats.resumed,
    restarts: stats.restarts,
    cardsMasked: stats.cardsMasked,
    garbage,
    errors: Object.fromEntries(stats.errors),
    acknowledgementMs: {
      p50: stats.latencies.quantile(0.5),
      p99: stats.latencies.quantile(0.99),
      max: stats.latencies.max,
    },
    cpuSeconds: atEnd.cpuMs / 1000,
    cpuSecondsPerMillionSamples: samples === 0 ? 0 : ((atEnd.cpuMs - (steady?.cpuMs ?? 0)) / samples) * 1000,
    memoryBytes: stats.rssBytes,
    phases,
    drained,
    verified,
    unverified,
  };
  const sampledMs = phases.reduce((sum, phase) => sum + phase.seconds * 1000, 0);
  const wrong = shortcomings(found, { sampledMs, intervalMs: run.intervalMs });
  return { ...found, wrong, good: wrong.length === 0 };
}

/** The report in words. */
export function reportText(run: RunReport): string {
  const given = (dropped: number) => (dropped > 0 ? `, ${dropped} given up in full outboxes and declared` : '');
  const lines = [
    `${run.hosts} hosts, ${run.connected} connected, ${run.seconds.toFixed(0)} s`,
    `samples   ${run.samples.sent} sent, ${run.samples.acknowledged} acknowledged${given(run.samples.dropped)}`,
    `lines     ${run.lines.sent} sent, ${run.lines.acknowledged} acknowledged${given(run.lines.dropped)}; ${run.cardsMasked} card numbers masked`,
    `frames    ${run.frames} sent, ${run.framesRepeated} of them again, ${run.framesLost} lost; ${(run.bytes / 1e6).toFixed(1)} MB with all else; ${run.refused} refused`,
    `hosts     ${run.reconnects} reconnects (${run.resumed} with a ticket), ${run.restarts} restarts`,
    `acknowledged after   p50 ${run.acknowledgementMs.p50.toFixed(1)} ms, p99 ${run.acknowledgementMs.p99.toFixed(1)} ms, max ${run.acknowledgementMs.max.toFixed(1)} ms`,
    `CPU       ${run.cpuSeconds.toFixed(1)} s of the simulator, ${run.cpuSecondsPerMillionSamples.toFixed(3)} s per million samples; ${(run.memoryBytes / 2 ** 20).toFixed(0)} MiB`,
  ];
  for (const { relay, tier, weight, hosts } of run.relays.length > 1 ? run.relays : []) {
    lines.push(`relay     ${relay}, tier ${tier}, weight ${weight}: ${hosts} hosts`);
  }
  lines.push(drainedText(run));
  if (run.garbage.sent > 0) {
    const { sent, refused, unanswered } = run.garbage;
    lines.push(
      `garbage   ${sent} sent, ${refused} refused by the relay, ${unanswered} unanswered as the connection ended`,
    );
  }
  for (const phase of run.phases.length > 1 ? run.phases : []) {
    lines.push(
      `phase     ${phase.name}: ${phase.seconds.toFixed(0)} s, ${phase.samples} samples and ${phase.lines} lines acknowledged, ${phase.reconnects} reconnects, at most ${phase.mostQueued} frames waiting`,
    );
  }
  for (const { name, backAfterSeconds } of run.phases) {
    if (backAfterSeconds === undefined) continue;
    lines.push(
      backAfterSeconds === null
        ? `storm     ${name}: not all hosts were back at the end of the phase`
        : `storm     ${name}: all back and current after ${backAfterSeconds.toFixed(1)} s`,
    );
  }
  for (const [what, count] of Object.entries(run.errors)) lines.push(`error     ${count} x ${what}`);
  for (const [what, found] of Object.entries(run.verified ?? {}) as [string, Findings][]) {
    if (found.checked === 0 && faultsOf(found) === 0) continue;
    lines.push(
      `verified  ${found.checked} acknowledged ${what}: ${found.missing} missing, ${found.doubled} doubled, ${found.altered} altered, ${found.foreign} never sent`,
    );
    for (const example of found.examples) lines.push(`          ${example}`);
  }
  lines.push(run.good ? 'good: everything sent was acknowledged' : `NOT good: ${run.wrong.join('; ')}`);
  return lines.join('\n');
}

function drainedText({ drained, verified }: RunReport): string {
  const { acknowledgedAfterSeconds: acknowledged, storedAfterSeconds: stored } = drained;
  const first = acknowledged === null ? 'not all was acknowledged' : `acknowledged after ${acknowledged.toFixed(1)} s`;
  if (verified === null) return `drained   ${first}`;
  return `drained   ${first}, ${stored === null ? 'not all came to the store' : `in the store ${stored.toFixed(1)} s later`}`;
}
