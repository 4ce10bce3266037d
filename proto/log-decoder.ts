import { HeliographError } from '../lib/errors.ts';
import { CborReader } from './cbor-reader.ts';
import { LIMITS } from './limits.ts';
import { COMPRESSION_NONE, COMPRESSION_ZSTD } from './log-builder.ts';
import type { LogLine } from './log-line.ts';
import { decodeUtf8, type Utf8 } from './utf8.ts';
import { VarintReader } from './varint.ts';
import { versionOf } from './version.ts';
import { malformed, overLimit, torn } from './wire-error.ts';

/** zstd's other side; must stop (throw) at `max` bytes and not after. */
export type Unzstd = (bytes: Uint8Array, max: number) => Uint8Array;

export interface LogTools {
  /** Wanted for compressed frames. */
  readonly unzstd?: Unzstd | undefined;
  /** A faster decoder of UTF-8, where the machine has one. */
  readonly utf8?: Utf8 | undefined;
}

const NO_FIELDS: Readonly<Record<string, string>> = Object.freeze({});

/** A log frame's columns, unpacked. @throws HG_WIRE_* */
export function readLogColumns(reader: CborReader, tools: LogTools): Uint8Array {
  reader.tuple(3, 'the body of a log frame');
  const compression = reader.uint('the compression');
  const length = reader.uint('the length of the columns');
  if (length > LIMITS.logRawBytes) throw overLimit('bytes of log columns', length, LIMITS.logRawBytes);
  const packed = reader.bytes(LIMITS.frameBytes, 'the columns of a log frame');
  if (compression === COMPRESSION_NONE) {
    if (packed.length !== length) throw malformed(`${packed.length} bytes of columns, ${length} stated`);
    return packed;
  }
  if (compression !== COMPRESSION_ZSTD) throw malformed(`compression ${compression}`);
  return unpack(packed, length, length, tools.unzstd);
}

/** zstd with a bound, and its own errors as ours. @throws HG_WIRE_COMPRESSION */
export function unpack(packed: Uint8Array, max: number, exact: number | null, unzstd: Unzstd | undefined): Uint8Array {
  if (unzstd === undefined) throw new HeliographError('HG_WIRE_COMPRESSION', 'no zstd here');
  let raw: Uint8Array;
  try {
    raw = unzstd(packed, max);
  } catch (cause) {
    throw new HeliographError('HG_WIRE_COMPRESSION', `${packed.length} bytes, at most ${max} unpacked`, { max }, cause);
  }
  if (raw.length > max || (exact !== null && raw.length !== exact)) {
    throw new HeliographError('HG_WIRE_COMPRESSION', `${raw.length} bytes unpacked, ${exact ?? max} stated`);
  }
  return raw;
}

/** Lines from unpacked columns. @throws HG_WIRE_* */
export function decodeLogColumns(raw: Uint8Array, tools: LogTools): LogLine[] {
  const utf8 = tools.utf8 ?? decodeUtf8;
  const reader = new CborReader(raw, utf8);
  reader.tuple(10, 'log columns');
  versionOf(reader, 'log columns');
  const count = reader.uint('the number of lines');
  if (count > LIMITS.lines) throw overLimit('lines of a frame', count, LIMITS.lines);
  const words = readWords(reader);
  const sets = readSets(new VarintReader(column(reader, 'field sets')), words);
  const times = new VarintReader(column(reader, 'times'));
  const levels = new VarintReader(column(reader, 'levels'));
  const services = new VarintReader(column(reader, 'services'));
  const setIndexes = new VarintReader(column(reader, 'field set numbers'));
  const lengths = new VarintReader(column(reader, 'lengths'));
  const text = column(reader, 'messages');
  reader.end('the log columns');

  const lines: LogLine[] = [];
  let micros = 0;
  let at = 0;
  let pairs = 0;
  let units = 0;
  for (let i = 0; i < count; i++) {
    micros += times.int();
    if (!Number.isSafeInteger(micros)) throw malformed('a time past 2^53');
    const level = pick(words, levels.uint(), 'word');
    const service = pick(words, services.uint(), 'word');
    const set = pick(sets, setIndexes.uint(), 'field set');
    pairs += set.pairs;
    if (pairs > LIMITS.fieldPairs) throw overLimit('field pairs of a frame', pairs, LIMITS.fieldPairs);
    // A long word that many lines name is short here and would be long wherever the lines are written.
    units += level.length + service.length + set.units;
    if (units > LIMITS.logTextUnits) throw overLimit('characters of a log frame', units, LIMITS.logTextUnits);
    const length = lengths.uint();
    if (length > text.length - at) throw torn(`a message of ${length} bytes, ${text.length - at} left`);
    lines.push({ time: micros / 1000, message: utf8(text, at, at + length), level, service, fields: set.fields });
    at += length;
  }
  for (const used of [times, levels, services, setIndexes, lengths]) used.end();
  if (at !== text.length) throw torn(`${text.length - at} bytes of messages left over`);
  return lines;
}

function column(reader: CborReader, what: string): Uint8Array {
  return reader.bytes(LIMITS.logRawBytes, what);
}

function readWords(reader: CborReader): string[] {
  const count = reader.array(LIMITS.dictionary, 'the dictionary');
  const words: string[] = [];
  for (let i = 0; i < count; i++) words.push(reader.text(LIMITS.messageBytes, 'a word'));
  return words;
}

interface FieldSet {
  readonly fields: Readonly<Record<string, string>>;
  readonly pairs: number;
  readonly units: number;
}

/** Set 0 is the empty one. Lines of one set share its object, which must not be changed. */
function readSets(reader: VarintReader, words: readonly string[]): FieldSet[] {
  const sets: FieldSet[] = [{ fields: NO_FIELDS, pairs: 0, units: 0 }];
  let total = 0;
  while (reader.left > 0) {
    const pairs = reader.uint();
    if (pairs > LIMITS.fieldsPerLine) throw overLimit('fields of a line', pairs, LIMITS.fieldsPerLine);
    total += pairs;
    if (total > LIMITS.fieldPairs) throw overLimit('field pairs of a frame', total, LIMITS.fieldPairs);
    if (sets.length > LIMITS.dictionary) throw overLimit('field sets', sets.length, LIMITS.dictionary);
    const entries: [string, string][] = [];
    let units = 0;
    for (let p = 0; p < pairs; p++) {
      const name = pick(words, reader.uint(), 'word');
      const value = pick(words, reader.uint(), 'word');
      entries.push([name, value]);
      units += name.length + value.length;
    }
    // fromEntries defines own properties, so a field called __proto__ is a field and nothing else.
    sets.push({ fields: Object.freeze(Object.fromEntries(entries)), pairs, units });
  }
  return sets;
}

function pick<T>(list: readonly T[], index: number, what: string): T {
  const found = list[index];
  if (found === undefined) throw malformed(`${what} ${index} of ${list.length}`);
  return found;
}
