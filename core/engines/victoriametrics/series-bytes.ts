import type { FlatLabels } from '../../metrics/series-index.ts';
import { flatLabels, type LabelLimits, targetKeyOf } from '../../metrics/target-labels.ts';
import type { ResolvedPage } from '../../ports/frames.ts';

/** The series of a page at a target, as a remote write request names them. */
export interface SeriesGroup {
  /** Of each series the `labels` fields of a TimeSeries; empty where it is refused. */
  readonly labels: readonly Uint8Array[];
  /** Why a series is refused, where one is. */
  readonly refused: readonly (string | null)[] | null;
  /** For each address the columns that go there; null: all of them. */
  readonly columns: readonly (Int32Array | null)[];
}

/** Bytes of labels kept; beyond, all are made anew. */
const MOST_BYTES = 256 << 20;

/** Label bytes, made once for a page at a target and kept. */
export class SeriesBytes {
  readonly #addresses: number;
  readonly #copies: number;
  #limits: LabelLimits;
  #groups = new WeakMap<ResolvedPage, Map<string, SeriesGroup>>();
  #bytes = 0;

  /** @param copies to how many of the addresses a series goes */
  constructor(addresses: number, copies: number, limits: LabelLimits) {
    this.#addresses = addresses;
    this.#copies = Math.min(copies, addresses);
    this.#limits = limits;
  }

  /** What the engine takes now; lengths in bytes. */
  limit(limits: LabelLimits): void {
    const before = this.#limits;
    this.#limits = limits;
    if (JSON.stringify(before) !== JSON.stringify(limits)) this.#forget();
  }

  of(page: ResolvedPage, target: Readonly<Record<string, string>>): SeriesGroup {
    let groups = this.#groups.get(page);
    if (groups === undefined) {
      groups = new Map();
      this.#groups.set(page, groups);
    }
    const key = targetKeyOf(target);
    let group = groups.get(key);
    if (group === undefined) {
      group = this.#make(page, target);
      groups.set(key, group);
      for (const one of group.labels) this.#bytes += one.length + 64;
      if (this.#bytes > MOST_BYTES) this.#forget();
    }
    return group;
  }

  #forget(): void {
    this.#groups = new WeakMap();
    this.#bytes = 0;
  }

  #make(page: ResolvedPage, target: Readonly<Record<string, string>>): SeriesGroup {
    const labels: Uint8Array[] = [];
    const refused: (string | null)[] = [];
    const places = Array.from({ length: this.#addresses }, (): number[] => []);
    for (const [j, series] of page.series.entries()) {
      const flat = flatLabels(series, target);
      const why = this.#refusal(flat);
      const bytes = why === null ? encodeLabels(flat) : new Uint8Array(0);
      labels.push(bytes);
      refused.push(why);
      if (why !== null || this.#addresses === 1) continue;
      const first = hashOf(bytes) % this.#addresses;
      for (let copy = 0; copy < this.#copies; copy++) places[(first + copy) % this.#addresses]!.push(j);
    }
    return {
      labels,
      refused: refused.every((why) => why === null) ? null : refused,
      columns: this.#addresses === 1 ? [null] : places.map((list) => Int32Array.from(list)),
    };
  }

  #refusal(labels: FlatLabels): string | null {
    const { maxLabels, maxNameLength, maxValueLength } = this.#limits;
    if (labels.length > maxLabels * 2) return 'too_many_labels';
    for (let i = 0; i < labels.length; i += 2) {
      if (labels[i] === '' || labels[i] === labels[i + 2]) return 'bad_labels';
      if (Buffer.byteLength(labels[i]!) > maxNameLength || Buffer.byteLength(labels[i + 1]!) > maxValueLength) {
        return 'label_too_long';
      }
    }
    return null;
  }
}

/** `labels` fields (1) of a TimeSeries, each a Label of name (1) and value (2): Prometheus remote write 1.0. @param labels name, value, name, value, ... */
export function encodeLabels(labels: FlatLabels): Buffer {
  let size = 0;
  for (let i = 0; i < labels.length; i += 2) {
    const inner = fieldSize(Buffer.byteLength(labels[i]!)) + fieldSize(Buffer.byteLength(labels[i + 1]!));
    size += fieldSize(inner);
  }
  const out = Buffer.allocUnsafe(size);
  let at = 0;
  for (let i = 0; i < labels.length; i += 2) {
    const name = Buffer.byteLength(labels[i]!);
    const value = Buffer.byteLength(labels[i + 1]!);
    at = key(out, at, 1, fieldSize(name) + fieldSize(value));
    at = key(out, at, 1, name);
    at += out.write(labels[i]!, at);
    at = key(out, at, 2, value);
    at += out.write(labels[i + 1]!, at);
  }
  return out;
}

/** Bytes of a length-delimited field of so many bytes, with its key. */
function fieldSize(length: number): number {
  let size = 2 + length;
  for (let left = length; left > 127; left >>>= 7) size++;
  return size;
}

/** Key of a length-delimited field, and the length; where it goes on. */
function key(out: Buffer, from: number, number: number, length: number): number {
  let at = from;
  out[at++] = (number << 3) | 2;
  let left = length;
  for (; left > 127; left >>>= 7) out[at++] = (left & 127) | 128;
  out[at++] = left;
  return at;
}

/** FNV-1a, 32 bits: the same in every process, so that a series stays where it is. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  // Neighbouring texts differ in the low bits only.
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x2c1b3c6d) >>> 0;
}
