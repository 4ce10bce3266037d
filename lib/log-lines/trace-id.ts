/** Where in a line the id of its trace stands; `from` equals `to` where there is none. */
export interface TraceSpan {
  from: number;
  to: number;
}

/** Shorter ones are numbers of something else. */
const LEAST_DIGITS = 16;
const MOST_DIGITS = 64;
/** Between the name and its value: quotes, a colon or equals sign, spaces. */
const MOST_BETWEEN = 6;

const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57;
const isHex = (byte: number): boolean => isDigit(byte) || ((byte | 32) >= 97 && (byte | 32) <= 102);
const isLetter = (byte: number): boolean => (byte | 32) >= 97 && (byte | 32) <= 122;

/**
 * Finds the trace id of the line bytes[from, to): hexadecimal digits behind `trace_id`, `traceId`, `trace.id`, `trace-id` or `traceparent` (W3C
 * Trace Context: `00-<trace id>-...`), in any case, in JSON, logfmt or plain text. The first one counts.
 */
export function findTraceId(bytes: Uint8Array, from: number, to: number, span: TraceSpan): boolean {
  span.from = span.to = from;
  for (let at = from; at + 8 < to; at++) {
    if ((bytes[at]! | 32) === 116 && startsWord(bytes, at, from) && valueAfter(bytes, at, to, span)) return true;
  }
  return false;
}

/** `trace`, at the start of a word. */
function startsWord(bytes: Uint8Array, at: number, from: number): boolean {
  const before = at > from ? bytes[at - 1]! : 0;
  return !isLetter(before) && !isDigit(before) && hasWord(bytes, at, 'trace');
}

function hasWord(bytes: Uint8Array, at: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) if ((bytes[at + i]! | 32) !== word.charCodeAt(i)) return false;
  return true;
}

function valueAfter(bytes: Uint8Array, word: number, to: number, span: TraceSpan): boolean {
  let at = word + 5;
  const parent = hasWord(bytes, at, 'parent');
  if (parent) at += 6;
  else {
    if (bytes[at] === 95 || bytes[at] === 46 || bytes[at] === 45) at++;
    if (!hasWord(bytes, at, 'id')) return false;
    at += 2;
  }
  const last = Math.min(to, at + MOST_BETWEEN);
  while (at < last && !isHex(bytes[at]!)) {
    if (isLetter(bytes[at]!)) return false;
    at++;
  }
  // The version of a traceparent.
  if (parent && isHex(bytes[at]!) && isHex(bytes[at + 1]!) && bytes[at + 2] === 45) at += 3;
  let end = at;
  while (end < to && end - at <= MOST_DIGITS && isHex(bytes[end]!)) end++;
  if (end - at < LEAST_DIGITS || end - at > MOST_DIGITS) return false;
  span.from = at;
  span.to = end;
  return true;
}
