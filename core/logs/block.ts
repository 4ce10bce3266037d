import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { DataClass } from '../../proto/class.ts';
import { fold, indexed, tag, words } from './tokens.ts';

/** A line on its way into or out of a block. */
export interface BlockLine {
  readonly time: number;
  readonly message: string;
  readonly level: string;
  readonly service: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly frame: LineFrame;
  /** Its place in its frame, from 0. */
  readonly line: number;
}

/** What the lines of one frame share. One object for all of them. */
export interface LineFrame {
  readonly host: string;
  readonly boot: string;
  readonly class: DataClass;
  readonly sequence: number;
  readonly instance: string;
  readonly site: string;
}

/** A block before compression: columns, with dictionaries for what repeats. */
interface BlockColumns {
  readonly v: 1;
  readonly frames: [string, string, DataClass, number, string, string][];
  readonly frame: number[];
  readonly line: number[];
  readonly time: number[];
  readonly levels: string[];
  readonly level: number[];
  readonly services: string[];
  readonly service: number[];
  readonly names: string[];
  /** Per line: place of the name, value, ...; 0 if there are none. */
  readonly fields: ((number | string)[] | 0)[];
  readonly messages: string[];
}

/** Compressed bytes of a block, and the words of its index document. */
export function encodeBlock(lines: readonly BlockLine[]): { data: Uint8Array; text: string } {
  const frames = new Dictionary<LineFrame>();
  const levels = new Dictionary<string>();
  const services = new Dictionary<string>();
  const names = new Dictionary<string>();
  const columns: BlockColumns = {
    v: 1,
    frames: [],
    frame: lines.map((line) => frames.place(line.frame)),
    line: lines.map((line) => line.line),
    time: lines.map((line) => line.time),
    levels: levels.list,
    level: lines.map((line) => levels.place(line.level)),
    services: services.list,
    service: lines.map((line) => services.place(line.service)),
    names: names.list,
    fields: lines.map((line) => {
      const flat: (number | string)[] = [];
      for (const name in line.fields) flat.push(names.place(name), line.fields[name]!);
      return flat.length > 0 ? flat : 0;
    }),
    messages: lines.map((line) => line.message),
  };
  for (const { host, boot, class: dataClass, sequence, instance, site } of frames.list) {
    columns.frames.push([host, boot, dataClass, sequence, instance, site]);
  }
  const raw = Buffer.from(JSON.stringify(columns));
  const data = zstdCompressSync(raw, {
    params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_checksumFlag]: 1 },
    pledgedSrcSize: raw.length,
  });
  return { data, text: indexText(lines, frames.list, services.list, levels.list) };
}

/** Every word of the block once. */
function indexText(
  lines: readonly BlockLine[],
  frames: readonly LineFrame[],
  services: readonly string[],
  levels: readonly string[],
): string {
  const all = new Set<string>();
  for (const frame of frames) all.add(tag('host', frame.instance));
  for (const service of services) all.add(tag('service', service));
  for (const level of levels) all.add(tag('level', level));
  for (const line of lines) for (const word of words(fold(line.message))) all.add(indexed(word));
  return [...all].join(' ');
}

export function decodeBlock(data: Uint8Array): BlockLine[] {
  const columns = JSON.parse(zstdDecompressSync(data).toString()) as BlockColumns;
  const frames = columns.frames.map(
    ([host, boot, dataClass, sequence, instance, site]): LineFrame => ({
      host,
      boot,
      class: dataClass,
      sequence,
      instance,
      site,
    }),
  );
  return columns.messages.map((message, i) => ({
    time: columns.time[i]!,
    message,
    level: columns.levels[columns.level[i]!]!,
    service: columns.services[columns.service[i]!]!,
    fields: fieldsOf(columns.fields[i]!, columns.names),
    frame: frames[columns.frame[i]!]!,
    line: columns.line[i]!,
  }));
}

function fieldsOf(flat: readonly (number | string)[] | 0, names: readonly string[]): Record<string, string> {
  const out: Record<string, string> = {};
  if (flat === 0) return out;
  for (let i = 0; i < flat.length; i += 2) {
    const name = names[flat[i] as number]!;
    const value = flat[i + 1] as string;
    // A field may be called so, and an assignment would lose it.
    if (name === '__proto__')
      Object.defineProperty(out, name, { value, enumerable: true, configurable: true, writable: true });
    else out[name] = value;
  }
  return out;
}

class Dictionary<T> {
  readonly list: T[] = [];
  readonly #places = new Map<T, number>();

  place(value: T): number {
    let place = this.#places.get(value);
    if (place === undefined) {
      place = this.list.length;
      this.list.push(value);
      this.#places.set(value, place);
    }
    return place;
  }
}

/** Newest or oldest first is by time; what has one time is in order of its name. Negative: a is older. */
export function compareLines(a: BlockLine, b: BlockLine): number {
  if (a.time !== b.time) return a.time - b.time;
  if (a.frame !== b.frame) {
    const x = a.frame;
    const y = b.frame;
    if (x.host !== y.host) return x.host < y.host ? -1 : 1;
    if (x.boot !== y.boot) return x.boot < y.boot ? -1 : 1;
    if (x.class !== y.class) return x.class < y.class ? -1 : 1;
    if (x.sequence !== y.sequence) return x.sequence - y.sequence;
  }
  return a.line - b.line;
}
