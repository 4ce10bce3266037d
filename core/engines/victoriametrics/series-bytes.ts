import type { FlatLabels } from '../../metrics/series-index.ts';
import { badLabels, flatLabels, isLong, type LabelLimits } from '../../metrics/target-labels.ts';
import type { PageSeries, ResolvedPage } from '../../ports/frames.ts';
import { TargetGroups } from './target-groups.ts';
import { PageTemplates, TemplateMemory } from './templates.ts';

/** The series of a page as a remote write request names them, but for the labels of a target: one for all hosts that are alike. */
export interface PageBytes {
  /** Of each series the `labels` fields of a TimeSeries. */
  readonly labels: readonly Uint8Array[];
  /** Of all of them together. */
  readonly bytes: number;
  /** Entries of all series, kept for each length of the target's labels and number of instants; see templates.ts. */
  readonly templates: PageTemplates;
}

/** The series of a page at a target. */
export interface SeriesGroup {
  readonly page: PageBytes;
  /** The target's labels, as `labels` fields. */
  readonly target: Uint8Array;
  /** How many series. */
  readonly size: number;
  /** Why a series is refused, where one is. */
  readonly refused: readonly (string | null)[] | null;
  /** For each address the columns that go there; null: all of them. */
  readonly columns: readonly (Int32Array | null)[];
}

/** Groups kept; beyond, all are made anew. */
const MOST_GROUPS = 200_000;
/** Templates of all pages together. */
const TEMPLATES_BYTES = 32 << 20;

/** Label bytes, made once for a page and kept as long as the page is. */
export class SeriesBytes {
  readonly #addresses: number;
  readonly #copies: number;
  #limits: LabelLimits;
  #pages = new WeakMap<ResolvedPage, Map<string, { bytes: PageBytes; refused: readonly (string | null)[] | null }>>();
  #groups = new WeakMap<ResolvedPage, TargetGroups>();
  #count = 0;
  readonly #templates = new TemplateMemory(TEMPLATES_BYTES);

  /** @param copies to how many of the addresses a series goes */
  constructor(addresses: number, copies: number, limits: LabelLimits) {
    this.#addresses = addresses;
    this.#copies = Math.min(copies, addresses);
    this.#limits = limits;
  }

  /** What the engine takes now; lengths in bytes. */
  limit(limits: LabelLimits): void {
    if (JSON.stringify(this.#limits) === JSON.stringify(limits)) return;
    this.#limits = limits;
    this.#pages = new WeakMap();
    this.#groups = new WeakMap();
  }

  of(page: ResolvedPage, target: Readonly<Record<string, string>>): SeriesGroup {
    let groups = this.#groups.get(page);
    if (groups === undefined) {
      groups = new TargetGroups();
      this.#groups.set(page, groups);
    }
    let group = groups.get(target);
    if (group === undefined) {
      if (++this.#count > MOST_GROUPS) {
        this.#count = 0;
        this.#groups = new WeakMap();
        groups = new TargetGroups();
        this.#groups.set(page, groups);
      }
      group = this.#make(page, target);
      groups.set(target, group);
    }
    return group;
  }

  #make(page: ResolvedPage, target: Readonly<Record<string, string>>): SeriesGroup {
    const own = Object.fromEntries(Object.entries(target).filter(([, value]) => value !== ''));
    const { bytes, refused } = this.#page(page, own);
    const names = Object.keys(own).sort();
    const labels = encodeLabels(names.flatMap((name) => [name, own[name]!]));
    const bad = names.some((name) => isLong(name, own[name]!, this.#limits, Buffer.byteLength));
    const size = page.series.length;
    const places = Array.from({ length: this.#addresses }, (): number[] => []);
    const host = hashOf(labels, 0x811c9dc5);
    for (let j = 0; j < size && this.#addresses > 1; j++) {
      const first = mixed(hashOf(bytes.labels[j]!, host)) % this.#addresses;
      for (let copy = 0; copy < this.#copies; copy++) places[(first + copy) % this.#addresses]!.push(j);
    }
    return {
      page: bytes,
      target: labels,
      size,
      refused: bad ? page.series.map(() => 'label_too_long') : refused,
      columns: this.#addresses === 1 ? [null] : places.map((list) => Int32Array.from(list)),
    };
  }

  /** What a page comes to depends on which labels its targets set, not on their values. */
  #page(page: ResolvedPage, target: Readonly<Record<string, string>>) {
    const known = this.#pages.get(page) ?? new Map();
    this.#pages.set(page, known);
    const names = Object.keys(target).sort();
    const key = names.join('\0');
    const there = known.get(key);
    if (there) return there;
    const limits = { ...this.#limits, maxLabels: this.#limits.maxLabels - names.length };
    const refused: (string | null)[] = [];
    const labels = page.series.map((series) => {
      const own = ownLabels(series, target);
      const why = badLabels(own, limits, Buffer.byteLength);
      refused.push(why);
      return why === null ? encodeLabels(own) : new Uint8Array(0);
    });
    const bytes = {
      labels,
      bytes: labels.reduce((sum, one) => sum + one.length, 0),
      templates: new PageTemplates(this.#templates),
    };
    const made = { bytes, refused: refused.every((why) => why === null) ? null : refused };
    known.set(key, made);
    return made;
  }
}

/** A series' labels at a target, without those the target sets. */
function ownLabels(series: PageSeries, target: Readonly<Record<string, string>>): FlatLabels {
  const all = flatLabels(series, target);
  const own: string[] = [];
  for (let i = 0; i < all.length; i += 2) {
    if (target[all[i]!] === undefined) own.push(all[i]!, all[i + 1]!);
  }
  return own;
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
function hashOf(bytes: Uint8Array, from: number): number {
  let hash = from;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}

/** Neighbouring texts differ in the low bits only. */
function mixed(hash: number): number {
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
}
