import { createHash } from 'node:crypto';
import { CborReader } from '../../proto/cbor-reader.ts';
import { CborWriter } from '../../proto/cbor-writer.ts';
import { LIMITS } from '../../proto/limits.ts';
import { encodeSketchesBody, readSketches, type SketchGroup, type SketchWindow } from '../../proto/sketches.ts';
import { versionOf } from '../../proto/version.ts';
import { malformed } from '../../proto/wire-error.ts';
import type { BusRecord } from '../ports/bus.ts';

/** What one relay has of one group's window, as it waits to be merged. */
export interface SketchRecord {
  readonly relay: string;
  /** Of the relay; empty where the result is that of all relays. */
  readonly site: string;
  /** When it came, ms since the epoch, by the gateway's clock. */
  readonly came: number;
  /** Of one group. */
  readonly window: SketchWindow;
  readonly group: SketchGroup;
}

const KEY_BYTES = 16;
/** A relay's name, or a host's with the life and number of its frame. */
const SENDER_BYTES = LIMITS.nameBytes + 64;

/** Whose windows are merged: the same for one group of one rule, whichever relay has it, or whichever process of a relay where the result is its own. */
export function groupKey({ rule, own }: SketchWindow, { series }: SketchGroup, relay: string): string {
  const texts = [rule, series.name, ...series.labels.flat()];
  const text = JSON.stringify(own ? [...texts, ['relay', relay]] : texts);
  return createHash('sha256').update(text).digest().subarray(0, KEY_BYTES).toString('base64url');
}

/** Records of the bus, one a group: CBOR [1, relay, came, sketches of one group], and the site where the result is the relay's own. Those of one group have one key. */
export function sketchRecords(relay: string, came: number, window: SketchWindow, site: string): BusRecord[] {
  return window.groups.map((group) => {
    const body = encodeSketchesBody({ ...window, groups: [group] });
    const writer = new CborWriter(body.length + 64).array(window.own ? 5 : 4);
    writer.uint(1).text(relay).number(came).raw(body);
    if (window.own) writer.text(site);
    return { key: groupKey(window, group, relay), value: writer.take() };
  });
}

/** @throws HG_WIRE_* for bytes that are no record */
export function readSketchRecord(bytes: Uint8Array): SketchRecord {
  const reader = new CborReader(bytes);
  const parts = reader.array(5, 'a record of sketches');
  if (parts < 4) throw malformed(`a record of ${parts} parts`);
  versionOf(reader, 'record of sketches');
  const relay = reader.text(SENDER_BYTES, 'the relay');
  const came = reader.finite('the time it came');
  const window = readSketches(reader);
  const site = parts === 5 ? reader.text(LIMITS.nameBytes, 'the site of the relay') : '';
  reader.end('a record of sketches');
  return { relay, site, came, window, group: window.groups[0]! };
}
