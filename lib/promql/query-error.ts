import type { ErrorCode } from '../errors.ts';
import { HeliographError } from '../errors.ts';

/** line:column (both from 1, columns in UTF-16 units) of a character offset. */
export function position(text: string, at: number): string {
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  return `${line}:${at - before.lastIndexOf('\n')}`;
}

/** An error about one place of a query's text. */
export function queryError(code: ErrorCode, text: string, at: number, detail: string): HeliographError {
  const where = position(text, at);
  return new HeliographError(code, `${where}: ${detail}`, { position: where, query: text.slice(0, 1000) });
}
