import type { CborReader } from './cbor-reader.ts';
import { CborWriter } from './cbor-writer.ts';
import { decodeColumns } from './column-decoder.ts';
import { ColumnEncoder } from './column-encoder.ts';
import { HASH_BYTES, type Hash, hashBytes } from './hash.ts';
import { LIMITS, WIRE_VERSION } from './limits.ts';
import { malformed } from './wire-error.ts';

/** One row of values for a page, that frames of one host name to be shorter. */
export interface BaseDefinition {
  readonly kind: 'base';
  readonly page: Hash;
  readonly columns: Uint8Array;
}

const NO_TIME: Float64Array = new Float64Array(1);

/**
 * A base row as a definition: columns of one instant (time 0, all present).
 * @param n series of the page; `values` has at least as many
 * @throws HG_WIRE_VALUE, HG_WIRE_LIMIT
 */
export function encodeBase(page: Hash, values: Float64Array, n: number): Uint8Array {
  const columns = new ColumnEncoder().encode(n, NO_TIME, values, null, null);
  return new CborWriter(columns.length + 32)
    .array(4)
    .uint(WIRE_VERSION)
    .uint(1)
    .bytes(hashBytes(page))
    .bytes(columns)
    .take();
}

/** The part of a base definition behind version and kind. */
export function readBase(reader: CborReader): BaseDefinition {
  const page = reader.hex(HASH_BYTES, 'the hash of a page');
  return { kind: 'base', page, columns: reader.bytes(LIMITS.definitionBytes, 'the columns of a base row') };
}

/** The values of a base row. @param n series of its page @throws HG_WIRE_* */
export function decodeBase(columns: Uint8Array, n: number): Float64Array {
  const { times, values, present } = decodeColumns(columns, n, null);
  if (times.length !== 1 || present !== null) throw malformed('a base row of several instants or with absent values');
  return values;
}
