const BACKSLASH = 92;
const NEWLINE = 10;

/**
 * Where the first of the characters in `stops` stands that no backslash is before, from `from` on; `end` if none does. A line's end stops always:
 * it cannot be escaped. Two backslashes are an escaped one, as the protocol's documentation has it.
 */
export function unescapedIndex(text: string, from: number, end: number, stops: ReadonlySet<number>): number {
  for (let at = from; at < end; at++) {
    const unit = text.charCodeAt(at);
    if (unit === NEWLINE || stops.has(unit)) return at;
    if (unit === BACKSLASH && at + 1 < end && text.charCodeAt(at + 1) !== NEWLINE) at++;
  }
  return end;
}

/** Without the backslashes that escape a comma, an equals sign, a space or a backslash; before anything else a backslash is itself. */
export function unescaped(text: string): string {
  return text.includes('\\') ? text.replace(/\\([,= \\])/g, '$1') : text;
}
