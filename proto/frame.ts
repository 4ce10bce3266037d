import { HeliographError } from '../lib/errors.ts';
import { CborReader } from './cbor-reader.ts';
import { CborWriter } from './cbor-writer.ts';
import { DATA_CLASSES, type DataClass } from './class.ts';
import { type Event, readEvents } from './event.ts';
import { type Gap, readGaps } from './gap.ts';
import { BOOT_BYTES, type Boot, bootBytes, type Hash, type HexText } from './hash.ts';
import { LIMITS, WIRE_VERSION } from './limits.ts';
import { decodeLogColumns, type LogTools, readLogColumns } from './log-decoder.ts';
import type { LogLine } from './log-line.ts';
import {
  countSamples,
  decodeSections,
  type EncodedSection,
  type KnownDefinitions,
  type MetricSection,
  namedDefinitions,
  readSections,
} from './metrics-body.ts';
import type { PageSeries } from './page.ts';
import { readSketches, readSketchSeries, type SketchWindow } from './sketches.ts';
import { versionOf } from './version.ts';
import { malformed, overLimit, unwritable } from './wire-error.ts';

/** What a frame's body is; the index is the number on the wire. */
export const FRAME_KINDS = ['metrics', 'logs', 'events', 'gap', 'sketches'] as const;
export type FrameKind = (typeof FRAME_KINDS)[number];

export interface FrameHeader {
  readonly class: DataClass;
  readonly boot: Boot;
  /** From 1 within (boot, class). */
  readonly sequence: number;
  /** All below it, of this boot and class, is acknowledged or declared dropped. At least 1, at most the sequence. */
  readonly floor: number;
  /** When the frame was made, ms since the epoch, whole. */
  readonly created: number;
  /** Items in the body: samples, lines, events or sketches; 0 for a gap. */
  readonly count: number;
  /** In a boot's first frame of a class: the boot before it, and its last sequence of this class (0: it had none). */
  readonly previous: { readonly boot: Boot; readonly sequence: number } | null;
  readonly kind: FrameKind;
}

export type Frame = FrameHeader &
  (
    | { readonly kind: 'metrics'; readonly sections: MetricSection[] }
    | { readonly kind: 'logs'; readonly lines: LogLine[] }
    | { readonly kind: 'events'; readonly events: Event[] }
    | { readonly kind: 'gap'; readonly gaps: Gap[] }
    | { readonly kind: 'sketches'; readonly window: SketchWindow }
  );

export interface FrameTools extends LogTools {
  /** Wanted for metric frames. */
  readonly definitions?: KnownDefinitions | undefined;
}

/**
 * @param body of encodeMetricsBody, LogFrameBuilder.encode, encodeEventsBody, encodeGapsBody or encodeSketchesBody
 * @throws HG_WIRE_VALUE, HG_WIRE_LIMIT
 */
export function encodeFrame(header: FrameHeader, body: Uint8Array): Uint8Array {
  const writer = new CborWriter(body.length + 96);
  writeFrame(writer, header, body);
  return writer.take();
}

/**
 * The same behind what the writer holds already: for one that is used again and again.
 * @throws HG_WIRE_VALUE, HG_WIRE_LIMIT
 */
export function writeFrame(writer: CborWriter, header: FrameHeader, body: Uint8Array): void {
  if (header.sequence < 1 || header.floor < 1 || header.floor > header.sequence) {
    throw unwritable(`sequence ${header.sequence}, floor ${header.floor}: 1 <= floor <= sequence`);
  }
  const start = writer.length;
  writer.array(10).uint(WIRE_VERSION).uint(DATA_CLASSES.indexOf(header.class)).bytes(bootBytes(header.boot));
  writer.uint(header.sequence).uint(header.floor).uint(Math.floor(header.created)).uint(header.count);
  if (header.previous === null) writer.null();
  else writer.array(2).bytes(bootBytes(header.previous.boot)).uint(header.previous.sequence);
  writer.uint(FRAME_KINDS.indexOf(header.kind)).raw(body);
  const length = writer.length - start;
  if (length > LIMITS.frameBytes) throw overLimit('bytes of a frame', length, LIMITS.frameBytes);
}

/**
 * The envelope alone, and the definitions that the body names: what a relay needs to journal and acknowledge. The body's
 * shape is walked through to its end, so torn bytes are found; columns and text are not looked at.
 * @param text hex, or a memory of it for who reads many frames of the same hosts
 * @throws HG_WIRE_*
 */
export function decodeHeader(bytes: Uint8Array, text?: HexText): FrameHeader & { definitions: Hash[] } {
  const { header, sections } = openFrame(bytes, text);
  return { ...header, definitions: namedDefinitions(sections) };
}

/**
 * The same for who decodes it later: the sections of metrics, views of the frame, for `decodeMetrics`. Of other frames there are none.
 * @throws HG_WIRE_*
 */
export function openFrame(
  bytes: Uint8Array,
  text?: HexText,
): { readonly header: FrameHeader; readonly sections: EncodedSection[] } {
  const reader = new CborReader(bytes);
  const header = readHeader(reader, bytes.length, text);
  let sections: EncodedSection[] = [];
  if (header.kind === 'metrics') sections = readSections(reader, text);
  else reader.skip();
  reader.end('the frame');
  return { header, sections };
}

/**
 * What `decodeFrame` makes of metrics, of a frame that was opened.
 * @throws HG_FRAME_DEFINITION (facts.missing), HG_FRAME_BASE, HG_FRAME_COUNT, HG_WIRE_*
 */
export function decodeMetrics(
  header: FrameHeader,
  sections: readonly EncodedSection[],
  definitions: KnownDefinitions,
): MetricSection[] {
  const decoded = decodeSections(sections, definitions);
  checkCount(header, countSamples(decoded));
  return decoded;
}

/**
 * The whole frame.
 * @throws HG_WIRE_*, HG_FRAME_DEFINITION (facts.missing), HG_FRAME_BASE, HG_FRAME_COUNT; no other error, for any bytes
 */
export function decodeFrame(bytes: Uint8Array, tools: FrameTools): Frame {
  const reader = new CborReader(bytes, tools.utf8);
  const header = readHeader(reader, bytes.length);
  const frame = readBody(reader, header, tools);
  checkCount(header, frame.kind === 'metrics' ? countSamples(frame.sections) : itemsOf(frame));
  return frame;
}

/**
 * The series of a frame of sketches, for who passes it on; the sketches are not looked at.
 * @throws HG_WIRE_*, HG_FRAME_COUNT
 */
export function sketchSeries(bytes: Uint8Array): PageSeries[] {
  const reader = new CborReader(bytes);
  const header = readHeader(reader, bytes.length);
  if (header.kind !== 'sketches') throw malformed(`${header.kind} in place of sketches`);
  const series = readSketchSeries(reader);
  reader.end('the frame');
  checkCount(header, series.length);
  return series;
}

function checkCount({ count }: FrameHeader, found: number): void {
  if (found === count) return;
  throw new HeliographError('HG_FRAME_COUNT', `${count} said, ${found} found`, { said: count, found });
}

function readHeader(reader: CborReader, length: number, text?: HexText): FrameHeader {
  if (length > LIMITS.frameBytes) throw overLimit('bytes of a frame', length, LIMITS.frameBytes);
  const parts = reader.array(32, 'a frame');
  // The version first: a later one may have more parts.
  versionOf(reader, 'frame');
  if (parts !== 10) throw malformed(`a frame of ${parts} parts`);
  const dataClass = DATA_CLASSES[reader.uint('the class')];
  if (dataClass === undefined) throw malformed('a class that is not known');
  const boot = reader.hex(BOOT_BYTES, 'the boot', text);
  const sequence = reader.uint('the sequence');
  const floor = reader.uint('the floor');
  if (sequence < 1 || floor < 1 || floor > sequence) throw malformed(`sequence ${sequence}, floor ${floor}`);
  const created = reader.uint('the time made');
  const count = reader.uint('the count');
  const previous = reader.isNull() ? null : readPrevious(reader);
  const kind = FRAME_KINDS[reader.uint('the kind')];
  if (kind === undefined) throw malformed('a kind of frame that is not known');
  return { class: dataClass, boot, sequence, floor, created, count, previous, kind };
}

function readPrevious(reader: CborReader): { boot: Boot; sequence: number } {
  reader.tuple(2, 'the boot before');
  const boot = reader.hex(BOOT_BYTES, 'the boot before');
  return { boot, sequence: reader.uint('its last sequence') };
}

function readBody(reader: CborReader, header: FrameHeader, tools: FrameTools): Frame {
  if (header.kind === 'metrics') {
    const encoded = readSections(reader);
    reader.end('the frame');
    if (tools.definitions === undefined) throw unwritable('a metric frame cannot be decoded without definitions');
    return { ...header, kind: 'metrics', sections: decodeSections(encoded, tools.definitions) };
  }
  if (header.kind === 'logs') {
    const raw = readLogColumns(reader, tools);
    reader.end('the frame');
    return { ...header, kind: 'logs', lines: decodeLogColumns(raw, tools) };
  }
  const frame = readRecords(reader, header);
  reader.end('the frame');
  return frame;
}

function readRecords(reader: CborReader, header: FrameHeader): Frame {
  if (header.kind === 'events') return { ...header, kind: 'events', events: readEvents(reader) };
  if (header.kind === 'sketches') return { ...header, kind: 'sketches', window: readSketches(reader) };
  return { ...header, kind: 'gap', gaps: readGaps(reader) };
}

function itemsOf(frame: Frame): number {
  if (frame.kind === 'logs') return frame.lines.length;
  if (frame.kind === 'sketches') return frame.window.groups.length;
  return frame.kind === 'events' ? frame.events.length : 0;
}
