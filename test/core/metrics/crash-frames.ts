import type { MetricFrame } from '../../../core/ports/frames.ts';
import { metricFrame, pageOf, rowsOf } from '../../contracts/metric-frames.ts';

export const NOW = Date.parse('2026-03-01T12:34:00Z');

const page = pageOf(Array.from({ length: 20 }, (_, i) => ['m', { n: `${i}` }] as const));

/** A frame whose values say which frame they are of: series j of frame s has s * 100 + j at NOW - s ms, and at an hour before. */
export function crashFrame(sequence: number): MetricFrame {
  const values = page.series.map((_, j) => sequence * 100 + j);
  return metricFrame('h1', sequence, [
    rowsOf(page, [NOW - sequence, NOW - 3_600_000 * (1 + (sequence % 30)) - sequence], [values, values]),
  ]);
}
