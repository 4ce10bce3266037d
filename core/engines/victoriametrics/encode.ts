import type { SeriesGroup } from './series-bytes.ts';

/** Rows of one group that are to be written. */
export interface GroupRows {
  readonly group: SeriesGroup;
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** 1 where there is a sample that is taken, null when all are. */
  readonly mask: Uint8Array | null;
}

/** A series of a request: all rows that have its group. */
export interface RequestSeries<R extends GroupRows> {
  readonly rows: readonly R[];
  readonly column: number;
}

/** The series of rows, those of one group together, so that instants that arrived together stand in one entry. `address`: the place among the addresses. */
export function seriesOf<R extends GroupRows>(rows: Iterable<R>, address: number): RequestSeries<R>[] {
  const groups = new Map<SeriesGroup, R[]>();
  for (const row of rows) {
    const there = groups.get(row.group);
    if (there) there.push(row);
    else groups.set(row.group, [row]);
  }
  const series: RequestSeries<R>[] = [];
  for (const [group, list] of groups) {
    const columns = group.columns[address]!;
    const n = columns?.length ?? group.labels.length;
    for (let at = 0; at < n; at++) series.push({ rows: list, column: columns === null ? at : columns[at]! });
  }
  return series;
}

/** How many samples a series has. */
export function samplesOf({ rows, column }: RequestSeries<GroupRows>): number {
  let samples = 0;
  for (const { group, times, mask } of rows) {
    if (mask === null) samples += times.length;
    else for (let at = column; at < mask.length; at += group.labels.length) samples += mask[at]!;
  }
  return samples;
}

/** A sample: key and length, the value's key and eight bytes, the time's key and ten bytes at most. */
const MOST_SAMPLE = 2 + 9 + 11;

/**
 * A WriteRequest of Prometheus remote write 1.0, not compressed: timeseries (1) of labels (1) and samples (2) of value (1, double) and timestamp (2, int64).
 * Labels of a series with no sample are left out with it.
 */
export function encodeRequest(series: readonly RequestSeries<GroupRows>[]): Uint8Array {
  let most = 0;
  let counted: readonly GroupRows[] | null = null;
  let instants = 0;
  for (const { rows, column } of series) {
    if (rows !== counted) {
      counted = rows;
      instants = 0;
      for (const { times } of rows) instants += times.length;
    }
    most += rows[0]!.group.labels[column]!.length + 12 + instants * MOST_SAMPLE;
  }
  const out = Buffer.allocUnsafe(most);
  const view = new DataView(out.buffer, out.byteOffset, most);
  let at = 0;
  const varint = (value: number) => {
    let left = value;
    for (; left > 127; left = Math.floor(left / 128)) out[at++] = (left & 127) | 128;
    out[at++] = left;
  };
  let rowsNow: readonly GroupRows[] | null = null;
  let stamps: Uint8Array[][] = [];
  let stampBytes = 0;
  for (const { rows, column } of series) {
    if (rows !== rowsNow) {
      rowsNow = rows;
      stamps = rows.map(({ times }) => Array.from(times, stampOf));
      stampBytes = 0;
      for (const list of stamps) for (const stamp of list) stampBytes += stamp.length + 11;
    }
    const group: SeriesGroup = rows[0]!.group;
    const n = group.labels.length;
    const labels = group.labels[column]!;
    const size = rows.some(({ mask }) => mask !== null) ? masked(rows, stamps, column) : stampBytes;
    if (size === 0) continue;
    out[at++] = 0x0a;
    varint(labels.length + size);
    out.set(labels, at);
    at += labels.length;
    for (let r = 0; r < rows.length; r++) {
      const { values, mask } = rows[r]!;
      const list = stamps[r]!;
      for (let i = 0; i < list.length; i++) {
        const place = i * n + column;
        if (mask !== null && mask[place] === 0) continue;
        const stamp = list[i]!;
        out[at++] = 0x12;
        out[at++] = 9 + stamp.length;
        out[at++] = 0x09;
        view.setFloat64(at, values[place]!, true);
        at += 8;
        for (let b = 0; b < stamp.length; b++) out[at++] = stamp[b]!;
      }
    }
  }
  return out.subarray(0, at);
}

/** Bytes of the samples of a column that are there. */
function masked(rows: readonly GroupRows[], stamps: readonly Uint8Array[][], column: number): number {
  let size = 0;
  for (let r = 0; r < rows.length; r++) {
    const { mask, group } = rows[r]!;
    const list = stamps[r]!;
    for (let i = 0; i < list.length; i++) {
      if (mask === null || mask[i * group.labels.length + column] !== 0) size += list[i]!.length + 11;
    }
  }
  return size;
}

/** Key and varint of a time, ms; below zero as ten bytes of two's complement. */
function stampOf(time: number): Uint8Array {
  const bytes = [0x10];
  let left = BigInt.asUintN(64, BigInt(time));
  if (time >= 0) {
    let rest = time;
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
    bytes.push(rest);
  } else {
    for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128);
    bytes.push(Number(left));
  }
  return Uint8Array.from(bytes);
}
