import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { zstdDecompressSync } from 'node:zlib';
import { type PageSeries, sortSeries } from '../proto/page.ts';

/** A recorded host: row-major values, instant r of series j at r * series.length + j. */
export interface Recording {
  /** ms since the epoch, one a row. */
  readonly times: Float64Array;
  /** In the order of pages (`compareSeries`). */
  readonly series: readonly PageSeries[];
  readonly values: Float64Array;
}

const FOLDER: string = fileURLToPath(new URL('./recordings/', import.meta.url));

/**
 * 1,100 instants at 1 s of 507 series of one busy 2-core host (recordings/README.md).
 * @throws what the file system throws, if the recording is not there
 */
export function loadRecording(folder: string = FOLDER): Recording {
  const { t, series } = JSON.parse(readFileSync(`${folder}/host-1s.json`, 'utf8')) as {
    t: number[];
    series: [string, Record<string, string>][];
  };
  const bytes = zstdDecompressSync(readFileSync(`${folder}/host-1s.f64.zst`));
  const n = series.length;
  const recorded = new Uint8Array(bytes).buffer;
  const source = new Float64Array(recorded, 0, t.length * n);
  const named = series.map(([name, labels], at) => ({ at, name, labels: Object.entries(labels) }));
  const sorted = sortSeries(named);
  const places = new Map(named.map((one) => [keyOf(one), one.at]));
  const from = sorted.map((one) => places.get(keyOf(one))!);
  const values = new Float64Array(t.length * n);
  for (let r = 0; r < t.length; r++) for (let j = 0; j < n; j++) values[r * n + j] = source[r * n + from[j]!]!;
  return { times: Float64Array.from(t), series: sorted, values };
}

function keyOf(series: PageSeries): string {
  return JSON.stringify([series.name, [...series.labels].sort((a, b) => (a[0] < b[0] ? -1 : 1))]);
}
