import type { MetricFrame, PageRows, PageSeries, ResolvedPage } from '../../core/ports/frames.ts';
import type { SeriesSamples } from '../../core/ports/metric-store.ts';
import { hashOf } from './hash.ts';

/** A page of these series: [name, {labels}]. */
export function pageOf(series: readonly (readonly [string, Readonly<Record<string, string>>])[]): ResolvedPage {
  const list: PageSeries[] = series.map(([name, labels]) => ({
    name,
    labels: Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)),
  }));
  return { hash: hashOf(JSON.stringify(list)), series: list };
}

/** Rows of a page: one array of values per instant; undefined is no sample. */
export function rowsOf(
  page: ResolvedPage,
  times: readonly number[],
  values: readonly (readonly (number | undefined)[])[],
): PageRows {
  const flat = values.flat();
  return {
    page,
    times: Float64Array.from(times),
    values: Float64Array.from(flat, (value) => value ?? 0),
    present: flat.includes(undefined) ? Uint8Array.from(flat, (value) => (value === undefined ? 0 : 1)) : null,
  };
}

export function metricFrame(
  host: string,
  sequence: number,
  rows: readonly PageRows[],
  more: Partial<MetricFrame> = {},
): MetricFrame {
  const created = rows[0]?.times[0] ?? 0;
  return {
    id: { host, boot: '00000001aabbccddeeff0011', class: 'metric', sequence },
    relay: 'relay-1',
    created,
    received: created,
    skew: 0,
    lane: 'live',
    target: { instance: host, site: 'north' },
    rows,
    ...more,
  };
}

/** A double's bits as hexadecimal text, so that NaN and -0 can be compared. */
export function bitsOf(values: Float64Array): string[] {
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  return Array.from(values, (_, i) =>
    view
      .getBigUint64(i * 8, true)
      .toString(16)
      .padStart(16, '0'),
  );
}

/** Writes a double's bits without arithmetic. */
export function setBits(values: Float64Array, at: number, bits: bigint): void {
  new DataView(values.buffer, values.byteOffset).setBigUint64(at * 8, bits, true);
}

export async function gather(batches: AsyncIterable<SeriesSamples[]>): Promise<SeriesSamples[]> {
  const all: SeriesSamples[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}
