import { latencyQuantiles, type RunStats } from './stats.ts';
import type { Findings } from './verify-samples.ts';

export interface RunReport {
  readonly hosts: number;
  readonly seconds: number;
  readonly samples: { readonly sent: number; readonly acknowledged: number };
  readonly lines: { readonly sent: number; readonly acknowledged: number };
  readonly refused: number;
  readonly reconnects: number;
  readonly errors: Record<string, number>;
  readonly acknowledgementMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly cpuSeconds: number;
  readonly cpuSecondsPerMillionSamples: number;
  readonly verified: { readonly samples: Findings; readonly lines: Findings } | null;
  readonly good: boolean;
}

export function report(
  hosts: number,
  seconds: number,
  stats: RunStats,
  cpuSeconds: number,
  verified: RunReport['verified'],
): RunReport {
  const [p50, p99, max] = latencyQuantiles(stats, [0.5, 0.99, 1]) as [number, number, number];
  const faults = (found: Findings) => found.missing + found.altered + found.doubled + found.foreign;
  const whole = stats.samplesAcknowledged === stats.samplesSent && stats.linesAcknowledged === stats.linesSent;
  return {
    hosts,
    seconds,
    samples: { sent: stats.samplesSent, acknowledged: stats.samplesAcknowledged },
    lines: { sent: stats.linesSent, acknowledged: stats.linesAcknowledged },
    refused: stats.framesRefused,
    reconnects: stats.reconnects,
    errors: Object.fromEntries(stats.errors),
    acknowledgementMs: { p50, p99, max },
    cpuSeconds,
    cpuSecondsPerMillionSamples: stats.samplesSent === 0 ? 0 : (cpuSeconds / stats.samplesSent) * 1e6,
    verified,
    good:
      whole &&
      stats.framesRefused === 0 &&
      (verified === null || faults(verified.samples) + faults(verified.lines) === 0),
  };
}

/** The report in words. */
export function reportText(run: RunReport): string {
  const lines = [
    `${run.hosts} hosts, ${run.seconds.toFixed(0)} s`,
    `samples   ${run.samples.sent} sent, ${run.samples.acknowledged} acknowledged`,
    `lines     ${run.lines.sent} sent, ${run.lines.acknowledged} acknowledged`,
    `refused   ${run.refused} frames; ${run.reconnects} reconnects`,
    `acknowledged after   p50 ${run.acknowledgementMs.p50.toFixed(1)} ms, p99 ${run.acknowledgementMs.p99.toFixed(1)} ms, max ${run.acknowledgementMs.max.toFixed(1)} ms`,
    `CPU       ${run.cpuSeconds.toFixed(1)} s of this process, ${run.cpuSecondsPerMillionSamples.toFixed(2)} s per million samples`,
  ];
  for (const [what, count] of Object.entries(run.errors)) lines.push(`error     ${count} x ${what}`);
  if (run.verified) {
    for (const [what, found] of Object.entries(run.verified)) {
      lines.push(
        `verified  ${found.checked} acknowledged ${what}: ${found.missing} missing, ${found.doubled} doubled, ${found.altered} altered, ${found.foreign} never sent`,
      );
      for (const example of found.examples) lines.push(`          ${example}`);
    }
  }
  lines.push(run.good ? 'good: everything sent was acknowledged' : 'NOT good: see above');
  return lines.join('\n');
}
