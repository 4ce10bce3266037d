import { ERRORS, type ErrorCode, HeliographError } from '../../lib/errors.ts';

/** An error as it crosses between threads. `code` is null for an error that is not ours (a bug, a SQLite error). */
export interface SentError {
  readonly code: ErrorCode | null;
  readonly detail: string;
  readonly facts: Record<string, unknown>;
  readonly stack: string;
}

export function sendError(error: unknown): SentError {
  if (error instanceof HeliographError) {
    const prefix = `${error.code}: ${ERRORS[error.code]}: `;
    const detail = error.message.startsWith(prefix) ? error.message.slice(prefix.length) : error.message;
    return { code: error.code, detail, facts: { ...error.facts }, stack: error.stack ?? '' };
  }
  if (error instanceof Error) return { code: null, detail: error.message, facts: {}, stack: error.stack ?? '' };
  return { code: null, detail: String(error), facts: {}, stack: '' };
}

/** The error again, in the thread that asked; one that had no code becomes `fallback`. */
export function receiveError(sent: SentError, fallback: ErrorCode): HeliographError {
  if (sent.code !== null) return new HeliographError(sent.code, sent.detail, sent.facts);
  return new HeliographError(fallback, sent.detail, { ...sent.facts, stack: sent.stack });
}
