import { HeliographError } from '../lib/errors.ts';
import type { CborReader } from './cbor-reader.ts';
import { CborWriter } from './cbor-writer.ts';
import { decodeColumns } from './column-decoder.ts';
import { HASH_BYTES, type Hash, type HexText, hashBytes } from './hash.ts';
import { LIMITS } from './limits.ts';
import { overLimit } from './wire-error.ts';

/** One page's columns as they stand in a frame. */
export interface EncodedSection {
  readonly page: Hash;
  readonly base: Hash | null;
  readonly columns: Uint8Array;
}

/** One page's samples. Row-major, as core/ports PageRows. */
export interface MetricSection {
  readonly page: Hash;
  readonly base: Hash | null;
  /** Series of the page. */
  readonly n: number;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly present: Uint8Array | null;
  /** True: none of the values is infinite or no number. False: nobody has looked. */
  readonly finite: boolean;
}

/** What a decoder of metric frames must be given: the definitions that the frames name. */
export interface KnownDefinitions {
  /** Series of the page, or undefined if it is not known. */
  pageSize(page: Hash): number | undefined;
  /** The row and the page it belongs to, or undefined if it is not known. */
  base(base: Hash): { readonly page: Hash; readonly values: Float64Array } | undefined;
}

/** @throws HG_WIRE_VALUE, HG_WIRE_LIMIT */
export function encodeMetricsBody(sections: readonly EncodedSection[]): Uint8Array {
  if (sections.length > LIMITS.sections) throw overLimit('sections of a frame', sections.length, LIMITS.sections);
  const writer = new CborWriter(64 + sections.reduce((sum, section) => sum + section.columns.length + 48, 0));
  writer.array(sections.length);
  for (const section of sections) {
    writer.array(3).bytes(hashBytes(section.page));
    if (section.base === null) writer.null();
    else writer.bytes(hashBytes(section.base));
    writer.bytes(section.columns);
  }
  return writer.take();
}

/** The sections with their columns not yet decoded (views of the frame). @throws HG_WIRE_* */
export function readSections(reader: CborReader, text?: HexText): EncodedSection[] {
  const count = reader.array(LIMITS.sections, 'the sections of a frame');
  const sections: EncodedSection[] = [];
  for (let i = 0; i < count; i++) {
    reader.tuple(3, 'a section');
    const page = reader.hex(HASH_BYTES, 'the hash of a page', text);
    const base = reader.isNull() ? null : reader.hex(HASH_BYTES, 'the hash of a base row', text);
    sections.push({ page, base, columns: reader.bytes(LIMITS.frameBytes, 'the columns of a section') });
  }
  return sections;
}

/** Every definition that the sections name, each once. */
export function namedDefinitions(sections: readonly EncodedSection[]): Hash[] {
  const [only] = sections;
  // The usual frame, without a set.
  if (only !== undefined && sections.length === 1) {
    return only.base === null || only.base === only.page ? [only.page] : [only.page, only.base];
  }
  if (only === undefined) return [];
  const named = new Set<Hash>();
  for (const section of sections) {
    named.add(section.page);
    if (section.base !== null) named.add(section.base);
  }
  return [...named];
}

/** @throws HG_FRAME_DEFINITION (facts.missing: the hashes), HG_FRAME_BASE, HG_WIRE_* */
export function decodeSections(sections: readonly EncodedSection[], known: KnownDefinitions): MetricSection[] {
  const found = sections.map(({ page, base }) => {
    const n = known.pageSize(page);
    const row = base === null ? null : known.base(base);
    return n === undefined || row === undefined ? undefined : { n, row };
  });
  if (found.includes(undefined)) {
    const missing = namedMissing(sections, known);
    throw new HeliographError('HG_FRAME_DEFINITION', missing.join(', '), { missing });
  }
  let room: number = LIMITS.valuesPerFrame;
  return sections.map(({ page, base, columns }, i) => {
    const { n, row } = found[i]!;
    if (row !== null && row.page !== page) {
      throw new HeliographError('HG_FRAME_BASE', `base ${base} is of page ${row.page}, not ${page}`, { base, page });
    }
    const decoded = decodeColumns(columns, n, row === null ? null : row.values, room);
    room -= decoded.values.length;
    return { page, base, n, ...decoded };
  });
}

/** Each once. */
function namedMissing(sections: readonly EncodedSection[], known: KnownDefinitions): Hash[] {
  const missing = new Set<Hash>();
  for (const { page, base } of sections) {
    if (known.pageSize(page) === undefined) missing.add(page);
    if (base !== null && known.base(base) === undefined) missing.add(base);
  }
  return [...missing];
}

/** Samples in the sections: all cells but the absent ones. */
export function countSamples(sections: readonly MetricSection[]): number {
  let count = 0;
  for (const { values, present } of sections) {
    if (present === null) count += values.length;
    else for (let i = 0; i < present.length; i++) count += present[i]!;
  }
  return count;
}
