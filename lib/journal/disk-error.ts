import { HeliographError } from '../errors.ts';

/** What the file system said, as HG_JOURNAL_DISK; an error of ours stays what it is. */
export function diskError(chain: string, cause: unknown): HeliographError {
  if (cause instanceof HeliographError) return cause;
  const code = (cause as { code?: unknown }).code;
  return new HeliographError('HG_JOURNAL_DISK', `chain ${chain}: ${String(cause)}`, { chain, cause: code }, cause);
}
