import { CborReader } from './cbor-reader.ts';
import { CborWriter } from './cbor-writer.ts';
import { DATA_CLASSES, type DataClass } from './class.ts';
import { LIMITS, WIRE_VERSION } from './limits.ts';
import type { Compress } from './log-builder.ts';
import { type Unzstd, unpack } from './log-decoder.ts';
import type { Utf8 } from './utf8.ts';
import { versionOf } from './version.ts';
import { malformed, overLimit } from './wire-error.ts';

/** A frame on its way from relay to core. */
export interface BlockEntry {
  readonly host: string;
  /** When the relay received it, ms since the epoch by the relay's clock. */
  readonly received: number;
  /** The collector's clock minus the relay's, ms. */
  readonly skew: number;
  /** The frame, byte for byte as the collector sent it. */
  readonly frame: Uint8Array;
}

export interface Block {
  readonly class: DataClass;
  readonly relay: string;
  readonly entries: BlockEntry[];
}

/** zstd of [1, class, relay, [* [host, received, skew, frame]]]. @throws HG_WIRE_LIMIT */
export function encodeBlock(
  dataClass: DataClass,
  relay: string,
  entries: readonly BlockEntry[],
  zstd: Compress,
): Uint8Array {
  if (entries.length > LIMITS.framesPerBlock)
    throw overLimit('frames of a block', entries.length, LIMITS.framesPerBlock);
  const writer = new CborWriter(64 + entries.reduce((sum, entry) => sum + entry.frame.length + 64, 0));
  writer
    .array(4)
    .uint(WIRE_VERSION)
    .uint(DATA_CLASSES.indexOf(dataClass))
    .text(relay, LIMITS.nameBytes)
    .array(entries.length);
  for (const entry of entries) {
    writer.array(4).text(entry.host, LIMITS.nameBytes).number(entry.received).number(entry.skew).bytes(entry.frame);
  }
  if (writer.length > LIMITS.blockBytes) throw overLimit('bytes of a block', writer.length, LIMITS.blockBytes);
  return zstd(writer.lend());
}

/**
 * @param unzstd must stop at the bytes it is given as the most; the frames are views of what it returns
 * @param utf8 of names of relays and hosts
 * @throws HG_WIRE_*
 */
export function decodeBlock(bytes: Uint8Array, unzstd: Unzstd, utf8?: Utf8): Block {
  if (bytes.length > LIMITS.blockBytes) throw overLimit('bytes of a block', bytes.length, LIMITS.blockBytes);
  const reader = new CborReader(unpack(bytes, LIMITS.blockBytes, null, unzstd), utf8);
  const parts = reader.array(32, 'a block');
  versionOf(reader, 'block');
  if (parts !== 4) throw malformed(`a block of ${parts} parts`);
  const dataClass = DATA_CLASSES[reader.uint('the class')];
  if (dataClass === undefined) throw malformed('a class that is not known');
  const relay = reader.text(LIMITS.nameBytes, 'the relay');
  const count = reader.array(LIMITS.framesPerBlock, 'the frames of a block');
  const entries: BlockEntry[] = [];
  for (let i = 0; i < count; i++) {
    reader.tuple(4, 'a frame of a block');
    const host = reader.text(LIMITS.nameBytes, 'the host');
    const received = reader.finite('the time received');
    const skew = reader.finite('the skew');
    entries.push({ host, received, skew, frame: reader.bytes(LIMITS.frameBytes, 'a frame') });
  }
  reader.end('the block');
  return { class: dataClass, relay, entries };
}
