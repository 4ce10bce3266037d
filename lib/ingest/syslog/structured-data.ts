/** More than any device sends, and with all else on a line fewer than a line may have. */
const MOST_PARAMS = 128;
const LONGEST_NAME = 64;

/** Where structured data ends, and where its first element without params begins; -1: all have some. */
export interface DataEnd {
  readonly end: number;
  readonly bare: number;
}

/**
 * STRUCTURED-DATA of RFC 5424 (6.3) at `at`: `-`, or elements `[id name="value" ...]` one behind another. The backslash escapes `"`, `\` and
 * `]` in a value, and is a character like others before anything else. Several params of one name become one, its values parted by ", ". An element
 * without params says no more than that it is there, and a text such as `[error] ...` looks the same: that is for the text.
 * @param data gets `<id>.<name>` and the value of each
 * @returns null if it is none, or has more than 128 params or elements: then `data` is as it was
 */
export function readStructuredData(bytes: Buffer, at: number, to: number, data: [string, string][]): DataEnd | null {
  if (bytes[at] === 45) return { end: at + 1, bare: -1 };
  const before = data.length;
  let next = at;
  let bare = -1;
  for (let elements = 0; next < to && bytes[next] === 91; elements++) {
    const count = data.length;
    const end = elements < MOST_PARAMS ? readElement(bytes, next + 1, to, data, before) : -1;
    if (end < 0) {
      data.length = before;
      return null;
    }
    if (data.length === count && bare < 0 && !hasParam(bytes, next, end)) bare = next;
    next = end;
  }
  return next === at ? null : { end: next, bare };
}

/** Behind `[`; returns what is behind `]`. */
function readElement(bytes: Buffer, at: number, to: number, data: [string, string][], before: number): number {
  let next = nameEnd(bytes, at, to);
  if (next === at) return -1;
  const id = bytes.toString('latin1', at, next);
  for (;;) {
    if (bytes[next] === 93 && next < to) break;
    if (next >= to || bytes[next] !== 32) return -1;
    while (next < to && bytes[next] === 32) next++;
    // A blank before the bracket is not of the RFC, and is seen.
    if (bytes[next] === 93 && next < to) break;
    const name = nameEnd(bytes, next, to);
    if (name === next || bytes[name] !== 61 || bytes[name + 1] !== 34) return -1;
    const end = valueEnd(bytes, name + 2, to);
    if (end < 0 || data.length - before >= MOST_PARAMS) return -1;
    add(data, before, `${id}.${bytes.toString('latin1', next, name)}`, unescaped(bytes, name + 2, end));
    next = end + 1;
  }
  return next + 1;
}

/** Of a whole element: each param ends with a quote. */
function hasParam(bytes: Uint8Array, from: number, end: number): boolean {
  let at = end - 2;
  while (at > from && bytes[at] === 32) at--;
  return bytes[at] === 34;
}

/** SD-NAME: printable ASCII without `=`, blank, `]` and `"`. The RFC has 32 of them at most; some devices have more. */
function nameEnd(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  for (const end = Math.min(to, from + LONGEST_NAME); at < end; at++) {
    const byte = bytes[at]!;
    if (byte <= 32 || byte >= 127 || byte === 61 || byte === 93 || byte === 34) break;
  }
  return at;
}

/** The place of the quote that closes a value, or -1. */
function valueEnd(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    if (bytes[at] === 92) at++;
    else if (bytes[at] === 34) return at;
  }
  return -1;
}

function unescaped(bytes: Buffer, from: number, to: number): string {
  const text = bytes.toString('utf8', from, to);
  return text.includes('\\') ? text.replaceAll(/\\(["\\\]])/g, '$1') : text;
}

function add(data: [string, string][], before: number, name: string, value: string): void {
  for (let i = before; i < data.length; i++) {
    if (data[i]![0] !== name) continue;
    data[i]![1] += `, ${value}`;
    return;
  }
  data.push([name, value]);
}
