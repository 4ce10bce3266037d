import type { FrameId, MetricFrame, PageSeries } from '../../ports/frames.ts';
import type { MetricStore } from '../../ports/metric-store.ts';

/** A series that was refused, with all its labels and its samples. */
export type RestoredSeries = Parameters<NonNullable<MetricStore['restore']>>[1][number];

/** Series with all their labels as one row of a frame: the instants of any of them, and which of them has a sample there. */
export function frameOfSeries(id: FrameId, series: readonly RestoredSeries[]): MetricFrame {
  const times = Float64Array.from(new Set(series.flatMap(({ samples }) => samples.map(([time]) => time)))).sort();
  const at = new Map(Array.from(times, (time, i) => [time, i]));
  const n = series.length;
  const values = new Float64Array(times.length * n);
  const present = new Uint8Array(values.length);
  for (const [column, { samples }] of series.entries()) {
    for (const [time, value] of samples) {
      values[at.get(time)! * n + column] = value;
      present[at.get(time)! * n + column] = 1;
    }
  }
  const page = { hash: '', series: series.map(({ labels }) => seriesOf(labels)) };
  const rows = [{ page, times, values, present }];
  return { id, relay: '', created: 0, received: 0, skew: 0, lane: 'backfill', target: {}, rows };
}

function seriesOf(flat: readonly string[]): PageSeries {
  const pairs = Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!] as const);
  const name = pairs.find(([label]) => label === '__name__')?.[1] ?? '';
  return { name, labels: pairs.filter(([label]) => label !== '__name__') };
}
