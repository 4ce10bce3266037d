import { Decoder, Encoder } from 'cbor-x/index-no-eval';
import { CborReader } from './cbor-reader.ts';
import { LIMITS } from './limits.ts';
import { unknownVersion } from './version.ts';
import { malformed, overLimit, unwritable } from './wire-error.ts';

// The build of cbor-x without `new Function`: it must run under a content policy and on small engines.
const encoder = new Encoder({ useRecords: false, tagUint8Array: false, variableMapSize: true });
const decoder = new Decoder({ useRecords: false, mapsAsObjects: true });

/** A map of plain values, byte strings and nothing else, as CBOR. Keys that are undefined are left out. @throws HG_WIRE_LIMIT */
export function encodeMap(map: object): Uint8Array {
  const bytes = new Uint8Array(encoder.encode(withoutUndefined(map, LIMITS.depth)));
  if (bytes.length > LIMITS.messageMapBytes)
    throw overLimit('bytes of a message', bytes.length, LIMITS.messageMapBytes);
  return bytes;
}

/**
 * The map back, with `v` checked. cbor-x also knows tags, records, references and packed values, and grows what a
 * hostile length says; so the bytes are walked first, and only plain ones that are whole and flat enough get to it.
 * @throws HG_WIRE_*
 */
export function decodeMap(bytes: Uint8Array, what: string): Record<string, unknown> {
  if (bytes.length > LIMITS.messageMapBytes)
    throw overLimit('bytes of a message', bytes.length, LIMITS.messageMapBytes);
  const walk = new CborReader(bytes);
  if (walk.peek() !== 5) throw malformed(`a ${what} is a map`);
  walk.skip();
  walk.end(`the ${what}`);
  // A copy: cbor-x hangs a view on the array it is given, and hands out views of it.
  const map: unknown = decoder.decode(bytes.slice());
  if (!isRecord(map)) throw malformed(`a ${what} is a map`);
  if (map.v !== 1) throw unknownVersion(map.v, what);
  return map;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function withoutUndefined(value: unknown, depth: number): unknown {
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return value;
  if (depth <= 0) throw unwritable('a message nested too deep');
  if (Array.isArray(value)) return value.map((item) => withoutUndefined(item, depth - 1));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, withoutUndefined(item, depth - 1)]),
  );
}
