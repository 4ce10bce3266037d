import { HeliographError } from '../lib/errors.ts';
import type { CborReader } from './cbor-reader.ts';
import { WIRE_VERSION } from './limits.ts';

/** Reads a message's version and refuses all but this one. @throws HG_WIRE_VERSION */
export function versionOf(reader: CborReader, what: string): void {
  const version = reader.uint(`the version of a ${what}`);
  if (version !== WIRE_VERSION) throw unknownVersion(version, what);
}

export function unknownVersion(version: unknown, what: string): HeliographError {
  return new HeliographError('HG_WIRE_VERSION', `${what} of version ${version}, this reads ${WIRE_VERSION}`, {
    version,
    reads: WIRE_VERSION,
  });
}
