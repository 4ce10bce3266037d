import type { BenchResult } from '../../result.ts';
import { faultFigures } from '../faults.ts';
import type { OneRun } from '../one-run.ts';

/** What was run, how much of it came through, and what was wrong. */
export function rateFigures({ options, before, after, report, drainSeconds }: OneRun): BenchResult[] {
  const seconds = (after.at - before.at) / 1_000;
  const { hosts, series, intervalMs, instants } = options;
  const asked = `${hosts} hosts, ${series} series every ${intervalMs} ms, ${instants} instants a frame`;
  const perFrame = (after.samples.relay - before.samples.relay) / (after.frames - before.frames);
  const { samples, acknowledgementMs } = report;
  const results: BenchResult[] = [
    {
      name: 'samples, sent to stored',
      value: (after.samples.store - before.samples.store) / seconds,
      unit: 'samples/s',
      note: `${asked}; ${perFrame.toFixed(0)} samples a frame`,
    },
    {
      name: 'backlog grew by',
      value: (after.queued - before.queued) / seconds,
      unit: 'samples a second',
      note: `${after.queued} samples in the relay at the end of the load, durable in its journal`,
    },
    { name: 'until nothing waited any more, after the load', value: drainSeconds, unit: 's' },
    {
      name: 'samples not acknowledged',
      value: samples.sent - samples.acknowledged,
      unit: 'samples',
      target: 0,
      note: `${samples.sent} sent, ${samples.dropped} given up and declared; ${report.reconnects} reconnects`,
    },
    { name: 'frames that the relay refused', value: report.refused, unit: 'frames', target: 0 },
  ];
  if (report.verified) results.push(...faultFigures(report.verified, options.logs));
  results.push({
    name: 'acknowledged p99',
    value: acknowledgementMs.p99 / 1_000,
    unit: 's',
    target: 2,
    note: `p50 ${(acknowledgementMs.p50 / 1_000).toFixed(3)}, the longest ${(acknowledgementMs.max / 1_000).toFixed(1)}; connecting included`,
  });
  if (options.logs === 0) return results;
  return [...results, { name: 'lines', value: (after.lines - before.lines) / seconds, unit: 'lines/s' }];
}
