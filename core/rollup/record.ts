import { createHash } from 'node:crypto';
import { CborReader } from '../../proto/cbor-reader.ts';
import { CborWriter } from '../../proto/cbor-writer.ts';
import { LIMITS } from '../../proto/limits.ts';
import { encodeSketchesBody, readSketches, type SketchGroup, type SketchWindow } from '../../proto/sketches.ts';
import { versionOf } from '../../proto/version.ts';
import type { BusRecord } from '../ports/bus.ts';

/** What one relay has of one group's window, as it waits to be merged. */
export interface SketchRecord {
  readonly relay: string;
  /** When it came, ms since the epoch, by the gateway's clock. */
  readonly came: number;
  /** Of one group. */
  readonly window: SketchWindow;
  readonly group: SketchGroup;
}

const KEY_BYTES = 16;

/** Whose windows are merged: the same for one group of one rule, whichever relay has it. */
export function groupKey({ rule }: SketchWindow, { series }: SketchGroup): string {
  const text = JSON.stringify([rule, series.name, ...series.labels.flat()]);
  return createHash('sha256').update(text).digest().subarray(0, KEY_BYTES).toString('base64url');
}

/** Records of the bus, one a group: CBOR [1, relay, came, sketches of one group]. Those of one group have one key. */
export function sketchRecords(relay: string, came: number, window: SketchWindow): BusRecord[] {
  return window.groups.map((group) => {
    const body = encodeSketchesBody({ ...window, groups: [group] });
    const value = new CborWriter(body.length + 64).array(4).uint(1).text(relay).number(came).raw(body).take();
    return { key: groupKey(window, group), value };
  });
}

/** @throws HG_WIRE_* for bytes that are no record */
export function readSketchRecord(bytes: Uint8Array): SketchRecord {
  const reader = new CborReader(bytes);
  reader.tuple(4, 'a record of sketches');
  versionOf(reader, 'record of sketches');
  const relay = reader.text(LIMITS.nameBytes, 'the relay');
  const came = reader.finite('the time it came');
  const window = readSketches(reader);
  reader.end('a record of sketches');
  return { relay, came, window, group: window.groups[0]! };
}
