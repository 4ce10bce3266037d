/** Where a query is wrong. */
export interface WrongPlace {
  /** From 0, in the whole text. */
  readonly at: number;
  /** The line that is wrong, and the column in it from 0. */
  readonly line: string;
  readonly column: number;
  /** What is wrong, without the place. */
  readonly words: string;
}

/** Reads `1:5: parse error: ...` out of the core's words; null where they name no place in the query. */
export function wrongPlace(query: string, message: string): WrongPlace | null {
  const found = /(\d+):(\d+): parse error: (.*)$/s.exec(message) ?? /^(\d+):(\d+): (.*)$/s.exec(message);
  if (!found) return null;
  const lines = query.split('\n');
  const row = Number(found[1]) - 1;
  const line = lines[row];
  if (line === undefined) return null;
  const column = Math.min(line.length, Math.max(0, Number(found[2]) - 1));
  const at = lines.slice(0, row).reduce((sum, one) => sum + one.length + 1, 0) + column;
  return { at, line, column, words: found[3]! };
}
