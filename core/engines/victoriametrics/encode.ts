import { SAMPLE } from './sample-bytes.ts';
import type { SeriesGroup } from './series-bytes.ts';
import { isPlain, stampOf } from './stamps.ts';
import { setTarget, setTime, type Template } from './template.ts';

/** A sample with the ten bytes of a time below zero. */
const MOST_SAMPLE = SAMPLE + 4;

/** Rows of one group that are to be written. */
export interface GroupRows {
  readonly group: SeriesGroup;
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** 1 where there is a sample that is taken, null when all are. */
  readonly mask: Uint8Array | null;
  /** True: known to have no value that is infinite or no number. */
  readonly finite?: boolean;
}

/** A part of a request: the rows of one group, in some of its columns. */
export interface RequestPart<R extends GroupRows> {
  readonly rows: readonly R[];
  /** Null: all columns of the group, as they stand. */
  readonly columns: Int32Array | null;
  /** Of these columns the places [from, to). */
  readonly from: number;
  readonly to: number;
}

/** The parts of a request, the rows of a group together, so that instants that arrived together stand in one entry. `address`: the place among the addresses. */
export function partsOf<R extends GroupRows>(rows: Iterable<R>, address: number): RequestPart<R>[] {
  const groups = new Map<SeriesGroup, R[]>();
  for (const row of rows) {
    const there = groups.get(row.group);
    if (there) there.push(row);
    else groups.set(row.group, [row]);
  }
  return [...groups].map(([group, list]) => {
    const columns = group.columns[address]!;
    return { rows: list, columns, from: 0, to: columns?.length ?? group.size };
  });
}

/** How many series parts name. */
export function seriesIn(parts: readonly RequestPart<GroupRows>[]): number {
  return parts.reduce((sum, { from, to }) => sum + to - from, 0);
}

/** Two halves, the one as large as the other: parts, or columns of the only part. */
export function halves<R extends GroupRows>(parts: readonly RequestPart<R>[]): [RequestPart<R>[], RequestPart<R>[]] {
  const [only] = parts;
  if (parts.length === 1) {
    const middle = (only!.from + only!.to) >> 1;
    return [[{ ...only!, to: middle }], [{ ...only!, from: middle }]];
  }
  const half = parts.length >> 1;
  return [parts.slice(0, half), parts.slice(half)];
}

/**
 * A WriteRequest of Prometheus remote write 1.0, not compressed: timeseries (1) of labels (1) and samples (2) of value (1, double) and timestamp (2, int64).
 * A series with no sample is left out. The target's labels stand behind the others: VictoriaMetrics sorts them itself.
 */
export class PlainRequest {
  readonly #out: Buffer;
  readonly #writer: RequestWriter;

  /** @param space gives at least so many bytes, enough for all of `parts`; the request stands at their beginning */
  constructor(parts: readonly RequestPart<GroupRows>[], space: (bytes: number) => Buffer) {
    let most = 0;
    for (const { rows, columns, from, to } of parts) {
      const { page, target, size } = rows[0]!.group;
      const instants = rows.reduce((sum, { times }) => sum + times.length, 0);
      most += (to - from) * (target.length + 12 + instants * MOST_SAMPLE);
      if (columns === null && to - from === size) most += page.bytes;
      else for (let at = from; at < to; at++) most += page.labels[columns === null ? at : columns[at]!]!.length;
    }
    this.#out = space(most);
    this.#writer = new RequestWriter(this.#out);
  }

  get samples(): number {
    return this.#writer.samples;
  }

  part(part: RequestPart<GroupRows>): void {
    this.#writer.part(part);
  }

  take(): Uint8Array {
    return this.#out.subarray(0, this.#writer.at);
  }
}

/** All of it in one turn. */
export function encodeRequest(
  parts: readonly RequestPart<GroupRows>[],
  space: (bytes: number) => Buffer,
): { bytes: Uint8Array; samples: number } {
  const request = new PlainRequest(parts, space);
  for (const part of parts) request.part(part);
  return { bytes: request.take(), samples: request.samples };
}

class RequestWriter {
  at = 0;
  samples = 0;
  readonly #out: Buffer;
  readonly #view: DataView;

  constructor(out: Buffer) {
    this.#out = out;
    this.#view = new DataView(out.buffer, out.byteOffset, out.length);
  }

  part(part: RequestPart<GroupRows>): void {
    const { rows, columns, from, to } = part;
    const { group } = rows[0]!;
    const whole = columns === null && from === 0 && to === group.size;
    if (whole && group.refused === null && rows.every(({ mask, times }) => mask === null && times.every(isPlain))) {
      const template = group.page.templates.of(
        group,
        rows.reduce((sum, { times }) => sum + times.length, 0),
      );
      if (template) {
        this.#fill(template, group, rows);
        return;
      }
    }
    const stamps = rows.flatMap(({ times }) => Array.from(times, stampOf));
    for (let at = from; at < to; at++) this.#series(rows, stamps, columns === null ? at : columns[at]!);
  }

  /** All series of a group: their entries are made in the template, which the processor has at hand, and copied at once. */
  #fill(template: Template, { target, size }: SeriesGroup, rows: readonly GroupRows[]): void {
    setTarget(template, target);
    const { bytes, times } = template;
    let skip = 0;
    let instant = 0;
    for (const row of rows) {
      const instants = row.times.length;
      if (row.finite) putNumbers(template, row, skip + 3);
      else putBits(template, row, skip + 3);
      for (let i = 0; i < instants; i++, instant++) {
        if (times[instant] !== row.times[i]!) setTime(template, instant, row.times[i]!);
      }
      skip += instants * SAMPLE;
    }
    this.#out.set(bytes, this.at);
    this.at += bytes.length;
    this.samples += size * instant;
  }

  #series(rows: readonly GroupRows[], stamps: readonly Uint8Array[], column: number): void {
    const { group } = rows[0]!;
    const labels = group.page.labels[column]!;
    const { target } = group;
    let size = 0;
    let samples = 0;
    each(rows, column, (_, s) => {
      size += stamps[s]!.length + 11;
      samples++;
    });
    if (size === 0) return;
    const out = this.#out;
    const view = this.#view;
    out[this.at++] = 0x0a;
    this.#varint(labels.length + target.length + size);
    out.set(labels, this.at);
    out.set(target, this.at + labels.length);
    let at = this.at + labels.length + target.length;
    const words = rows.map(wordsOf);
    each(rows, column, (place, s, row) => {
      const stamp = stamps[s]!;
      out[at] = 0x12;
      out[at + 1] = 9 + stamp.length;
      out[at + 2] = 0x09;
      view.setUint32(at + 3, words[row]![place * 2]!, true);
      view.setUint32(at + 7, words[row]![place * 2 + 1]!, true);
      out.set(stamp, at + 11);
      at += 11 + stamp.length;
    });
    this.at = at;
    this.samples += samples;
  }

  #varint(value: number): void {
    let left = value;
    for (; left > 127; left = Math.floor(left / 128)) this.#out[this.at++] = (left & 127) | 128;
    this.#out[this.at++] = left;
  }
}

/** All values of a row to where they stand in the template. They are numbers: one that is none might lose its bits on the way. */
function putNumbers({ view, samples }: Template, { group: { size }, times, values }: GroupRows, skip: number): void {
  const instants = times.length;
  for (let j = 0; j < size; j++) {
    let at = samples[j]! + skip;
    for (let i = 0, place = j; i < instants; i++, place += size, at += SAMPLE) {
      view.setFloat64(at, values[place]!, true);
    }
  }
}

/** The same, bit by bit. */
function putBits({ view, samples }: Template, row: GroupRows, skip: number): void {
  const bits = wordsOf(row);
  const { size } = row.group;
  const instants = row.times.length;
  for (let j = 0; j < size; j++) {
    let at = samples[j]! + skip;
    for (let i = 0, place = j * 2; i < instants; i++, place += size * 2, at += SAMPLE) {
      view.setUint32(at, bits[place]!, true);
      view.setUint32(at + 4, bits[place + 1]!, true);
    }
  }
}

/** The bits of values, low half first: a staleness marker is a signalling NaN, and must not go through arithmetic. */
export function wordsOf({ values }: GroupRows): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
}

/** The samples of a column that are there: their place in the values of a row, and of their instant among all of the rows. */
function each(
  rows: readonly GroupRows[],
  column: number,
  take: (place: number, instant: number, row: number) => void,
): void {
  let s = 0;
  for (const [r, { group, times, mask }] of rows.entries()) {
    for (let i = 0; i < times.length; i++, s++) {
      const place = i * group.size + column;
      if (mask === null || mask[place] !== 0) take(place, s, r);
    }
  }
}
