import { curveName } from '../end-to-end/curve.ts';
import type { BenchResult } from '../result.ts';
import type { Step } from './step.ts';

/** What a frame of so many instants costs each part, and what it takes on the way. */
export function curveFigures({ options, before, after, freshSeconds }: Step): BenchResult[] {
  const prefix = curveName(options.instants);
  const millions = (after.samples.relay - before.samples.relay) / 1e6;
  return [
    ...Object.keys(after.cpu).map((part) => ({
      name: `${prefix}CPU of ${part}`,
      value: (after.cpu[part]! - before.cpu[part]!) / millions,
      unit: 's per million samples',
    })),
    {
      name: `${prefix}collector to relay, payload`,
      value: (after.bytes.frames - before.bytes.frames) / millions / 1e6,
      unit: 'B/sample',
      target: 1.6,
    },
    ...(Number.isNaN(freshSeconds)
      ? []
      : [{ name: `${prefix}sent to queryable, as the core counts it, p99`, value: freshSeconds, unit: 's' }]),
  ];
}
