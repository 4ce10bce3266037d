import { type ErrorCode, HeliographError } from '../../lib/errors.ts';

/** A store that is slow, or whose caller is: the same question may have an answer later. */
const PASSING: readonly ErrorCode[] = ['HG_QUERY_TIMEOUT', 'HG_QUERY_CANCELED'];

/** Why a question has no answer, the next time as little as now; null: the store may answer yet. */
export function refusedQuery(error: unknown): ErrorCode | null {
  if (!(error instanceof HeliographError) || !error.code.startsWith('HG_QUERY_')) return null;
  return PASSING.includes(error.code) ? null : error.code;
}
