import { type ErrorCode, HeliographError } from '../lib/errors.ts';

/** The bytes are not of the expected form. */
export function malformed(detail: string, facts?: Record<string, unknown>): HeliographError {
  return new HeliographError('HG_WIRE_MALFORMED', detail, facts);
}

/** The bytes end before the thing does, or go on after it. */
export function torn(detail: string, facts?: Record<string, unknown>): HeliographError {
  return new HeliographError('HG_WIRE_TORN', detail, facts);
}

/** A length or count over the limit. */
export function overLimit(what: string, found: number, limit: number): HeliographError {
  return new HeliographError('HG_WIRE_LIMIT', `${what}: ${found}, at most ${limit}`, { what, found, limit });
}

/** The caller gave something that the format cannot hold. */
export function unwritable(detail: string, facts?: Record<string, unknown>): HeliographError {
  return new HeliographError('HG_WIRE_VALUE', detail, facts);
}

/** True for the errors of this folder: what a decoder may throw for any bytes at all. */
export function isWireError(error: unknown): error is HeliographError {
  return error instanceof HeliographError && isWireCode(error.code);
}

function isWireCode(code: ErrorCode): boolean {
  return code.startsWith('HG_WIRE_') || code.startsWith('HG_FRAME_');
}
