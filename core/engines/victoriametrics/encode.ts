import type { SeriesGroup, Template } from './series-bytes.ts';

/** Rows of one group that are to be written. */
export interface GroupRows {
  readonly group: SeriesGroup;
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** 1 where there is a sample that is taken, null when all are. */
  readonly mask: Uint8Array | null;
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

/** Key and length of a sample (2), key and 8 bytes of its value (1), key of its time (2) and six bytes: what every time from 1971 to 2109 has. */
const SAMPLE = 2 + 9 + 7;
/** The same with the ten bytes of a time below zero. */
const MOST_SAMPLE = SAMPLE + 4;
/** Larger templates are not kept. */
const TEMPLATE_BYTES = 1 << 20;
const MOST_TEMPLATES = 64;

/**
 * A WriteRequest of Prometheus remote write 1.0, not compressed: timeseries (1) of labels (1) and samples (2) of value (1, double) and timestamp (2, int64).
 * A series with no sample is left out. The target's labels stand behind the others: VictoriaMetrics sorts them itself.
 * @param space gives at least so many bytes; the request stands at their beginning
 */
export function encodeRequest(
  parts: readonly RequestPart<GroupRows>[],
  space: (bytes: number) => Buffer,
): { bytes: Uint8Array; samples: number } {
  let most = 0;
  for (const { rows, columns, from, to } of parts) {
    const { page, target, size } = rows[0]!.group;
    const instants = rows.reduce((sum, { times }) => sum + times.length, 0);
    most += (to - from) * (target.length + 12 + instants * MOST_SAMPLE);
    if (columns === null && to - from === size) most += page.bytes;
    else for (let at = from; at < to; at++) most += page.labels[columns === null ? at : columns[at]!]!.length;
  }
  const out = space(most);
  const writer = new RequestWriter(out);
  for (const part of parts) writer.part(part);
  return { bytes: out.subarray(0, writer.at), samples: writer.samples };
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
    const stamps = rows.flatMap(({ times }) => Array.from(times, stampOf));
    const whole = columns === null && from === 0 && to === group.size;
    if (whole && group.refused === null && rows.every(({ mask }) => mask === null) && stamps.every(isPlain)) {
      const template = templateOf(group, stamps.length);
      if (template) {
        this.#fill(template, group, rows, stamps);
        return;
      }
    }
    for (let at = from; at < to; at++) this.#series(rows, stamps, columns === null ? at : columns[at]!);
  }

  /** All series of a group: a copy of their entries, with what differs put in. */
  #fill(
    { bytes, holes }: Template,
    { target, size }: SeriesGroup,
    rows: readonly GroupRows[],
    stamps: readonly Uint8Array[],
  ): void {
    const out = this.#out;
    const view = this.#view;
    const base = this.at;
    out.set(bytes, base);
    const length = target.length;
    const words = rows.map(wordsOf);
    for (let j = 0; j < size; j++) {
      let at = base + holes[j]!;
      for (let b = 0; b < length; b++) out[at + b] = target[b]!;
      at += length;
      let s = 0;
      for (let r = 0; r < rows.length; r++) {
        const bits = words[r]!;
        const instants = rows[r]!.times.length;
        for (let i = 0; i < instants; i++) {
          const stamp = stamps[s++]!;
          const place = (i * size + j) * 2;
          view.setUint32(at + 3, bits[place]!, true);
          view.setUint32(at + 7, bits[place + 1]!, true);
          for (let b = 0; b < 7; b++) out[at + 11 + b] = stamp[b]!;
          at += SAMPLE;
        }
      }
    }
    this.at = base + bytes.length;
    this.samples += size * stamps.length;
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

/** The bits of values, low half first: a staleness marker is a signalling NaN, and must not go through arithmetic. */
function wordsOf({ values }: GroupRows): Uint32Array {
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

/** Entries of all series of a group's page with so many instants; null where they are too large to keep. */
function templateOf({ page, target, size }: SeriesGroup, instants: number): Template | null {
  const key = target.length * 65_536 + instants;
  const known = page.templates.get(key);
  if (known) return known;
  const holes = new Int32Array(size);
  const entry = (j: number) => page.labels[j]!.length + target.length + instants * SAMPLE;
  let most = 0;
  for (let j = 0; j < size; j++) most += entry(j) + 12;
  if (most > TEMPLATE_BYTES || instants > 65_535) return null;
  const bytes = new Uint8Array(most);
  let at = 0;
  for (let j = 0; j < size; j++) {
    bytes[at++] = 0x0a;
    let left = entry(j);
    for (; left > 127; left >>>= 7) bytes[at++] = (left & 127) | 128;
    bytes[at++] = left;
    bytes.set(page.labels[j]!, at);
    at += page.labels[j]!.length;
    holes[j] = at;
    at += target.length;
    for (let i = 0; i < instants; i++, at += SAMPLE) {
      bytes[at] = 0x12;
      bytes[at + 1] = SAMPLE - 2;
      bytes[at + 2] = 0x09;
    }
  }
  if (page.templates.size >= MOST_TEMPLATES) page.templates.clear();
  const template = { bytes: bytes.slice(0, at), holes };
  page.templates.set(key, template);
  return template;
}

function isPlain(stamp: Uint8Array): boolean {
  return stamp.length === 7;
}

/** Key and varint of a time, ms; below zero as ten bytes of two's complement. */
function stampOf(time: number): Uint8Array {
  const bytes = [0x10];
  if (time >= 0) {
    let rest = time;
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
    bytes.push(rest);
  } else {
    let left = BigInt.asUintN(64, BigInt(time));
    for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128);
    bytes.push(Number(left));
  }
  return Uint8Array.from(bytes);
}
