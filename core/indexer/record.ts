import { CborReader } from '../../proto/cbor-reader.ts';
import { CborWriter } from '../../proto/cbor-writer.ts';
import { LIMITS } from '../../proto/limits.ts';
import { versionOf } from '../../proto/version.ts';

/** A log or event frame on the bus, with all that is needed to decode and store it alone. */
export interface LogRecord {
  readonly relay: string;
  readonly site: string;
  readonly host: string;
  readonly received: number;
  readonly skew: number;
  readonly lane: 'live' | 'backfill';
  readonly frame: Uint8Array;
}

/** The value of a bus record: CBOR [1, relay, site, host, received, skew, lane, frame]. */
export function encodeRecord(record: LogRecord): Uint8Array {
  // Lent by a writer that is used once: its memory is the record's own.
  return new CborWriter(record.frame.length + 256)
    .array(8)
    .uint(1)
    .text(record.relay)
    .text(record.site)
    .text(record.host)
    .number(record.received)
    .number(record.skew)
    .uint(record.lane === 'live' ? 0 : 1)
    .bytes(record.frame)
    .lend();
}

/** @throws HG_WIRE_... for bytes that are no record */
export function decodeRecord(bytes: Uint8Array): LogRecord {
  const reader = new CborReader(bytes);
  reader.tuple(8, 'a record of the bus');
  versionOf(reader, 'record of the bus');
  const relay = reader.text(LIMITS.nameBytes, 'the relay');
  const site = reader.text(LIMITS.nameBytes, 'the site');
  const host = reader.text(LIMITS.nameBytes, 'the host');
  const received = reader.finite('the time received');
  const skew = reader.finite('the skew');
  const lane = reader.uint('the lane') === 0 ? 'live' : 'backfill';
  return { relay, site, host, received, skew, lane, frame: reader.bytes(LIMITS.frameBytes, 'the frame') };
}
