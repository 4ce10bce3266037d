import { parseIsoTime } from '../../../lib/log-lines/line-time.ts';

/** What a container runtime wrote around a piece of a container's output. */
export interface Envelope {
  /** 0: stdout, 1: stderr. */
  stream: number;
  /** ms since the epoch; NaN: cannot be read. */
  time: number;
  /** The text: bytes[from, to). */
  from: number;
  to: number;
  /** The text is a JSON string and has escapes. */
  escaped: boolean;
  /** The container's line goes on with the next piece of its stream. */
  partial: boolean;
}

const SPACE = 32;
const QUOTE = 34;
const BACKSLASH = 92;
const DEEPEST = 8;
const LONGEST_TIME = 48;

/**
 * Reads one line of a container's log: what Docker's json-file driver writes (`{"log":"text\n","stream":"stdout","time":"..."}`), or the
 * CRI's form (`<time> stdout F text`; kubelet, pkg/kubelet/kuberuntime/logs). False: it is neither, and the whole line is the text.
 */
export function readEnvelope(bytes: Uint8Array, from: number, to: number, into: Envelope): boolean {
  into.stream = 0;
  into.time = Number.NaN;
  into.from = from;
  into.to = to;
  into.escaped = false;
  into.partial = false;
  return bytes[from] === 123 ? readDocker(bytes, from, to, into) : readCri(bytes, from, to, into);
}

/** `2026-11-29T21:40:00.123456789Z stderr P text`; further tags stand behind the first with colons. */
function readCri(bytes: Uint8Array, from: number, to: number, into: Envelope): boolean {
  // Not searched beyond a time's length: lines without a blank would each be searched to the end of all that was read.
  const most = Math.min(to, from + LONGEST_TIME);
  let timeEnd = from;
  while (timeEnd < most && bytes[timeEnd] !== SPACE) timeEnd++;
  if (timeEnd < from + 20 || timeEnd >= most) return false;
  const stream = streamOf(bytes, timeEnd + 1, timeEnd + 7);
  if (stream < 0 || bytes[timeEnd + 7] !== SPACE) return false;
  const tag = bytes[timeEnd + 8];
  if (tag !== 70 && tag !== 80) return false;
  let at = timeEnd + 9;
  if (bytes[at] === 58) while (at < to && bytes[at] !== SPACE) at++;
  if (at > to || (at < to && bytes[at] !== SPACE)) return false;
  const time = parseIsoTime(bytes, from, timeEnd);
  if (Number.isNaN(time)) return false;
  into.time = time;
  into.stream = stream;
  into.partial = tag === 80;
  into.from = Math.min(at + 1, to);
  return true;
}

function readDocker(bytes: Uint8Array, from: number, to: number, into: Envelope): boolean {
  let at = from + 1;
  let found = false;
  while (at < to) {
    if (bytes[at] === 125) return found && at + 1 === to;
    if (bytes[at] === 44) at++;
    if (bytes[at] !== QUOTE) return false;
    const keyEnd = stringEnd(bytes, at, to);
    if (keyEnd < 0 || bytes[keyEnd] !== 58) return false;
    const key = at + 1;
    const keyLength = keyEnd - key - 1;
    at = keyEnd + 1;
    const valueEnd = valueEndOf(bytes, at, to, 0);
    if (valueEnd < 0) return false;
    if (bytes[at] === QUOTE) {
      if (isWord(bytes, key, keyLength, 'log')) {
        found = true;
        text(bytes, at + 1, valueEnd - 1, into);
      } else if (isWord(bytes, key, keyLength, 'stream')) {
        into.stream = Math.max(0, streamOf(bytes, at + 1, valueEnd - 1));
      } else if (isWord(bytes, key, keyLength, 'time')) into.time = parseIsoTime(bytes, at + 1, valueEnd - 1);
    }
    at = valueEnd;
  }
  return false;
}

/** A text that ends with a newline is a line; without one it goes on. */
function text(bytes: Uint8Array, from: number, to: number, into: Envelope): void {
  into.from = from;
  into.to = to;
  let slashes = 0;
  while (to - 2 - slashes >= from && bytes[to - 2 - slashes] === BACKSLASH) slashes++;
  into.partial = !(to - from >= 2 && bytes[to - 1] === 110 && slashes % 2 === 1);
  if (!into.partial) into.to = to - 2;
  into.escaped = bytes.subarray(from, into.to).indexOf(BACKSLASH) >= 0;
}

/** Behind the closing quote of the string that begins at `at`; -1: it has none. */
function stringEnd(bytes: Uint8Array, at: number, to: number): number {
  for (let end = bytes.indexOf(QUOTE, at + 1); end >= 0 && end < to; end = bytes.indexOf(QUOTE, end + 1)) {
    let slashes = 0;
    while (bytes[end - 1 - slashes] === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
  return -1;
}

function valueEndOf(bytes: Uint8Array, at: number, to: number, depth: number): number {
  if (bytes[at] === QUOTE) return stringEnd(bytes, at, to);
  if (bytes[at] === 123 || bytes[at] === 91) {
    if (depth >= DEEPEST) return -1;
    for (let i = at + 1; i < to; ) {
      const byte = bytes[i]!;
      if (byte === 125 || byte === 93) return i + 1;
      if (byte === 44 || byte === 58 || byte === SPACE) i++;
      else {
        i = valueEndOf(bytes, i, to, depth + 1);
        if (i < 0) return -1;
      }
    }
    return -1;
  }
  let end = at;
  while (end < to && bytes[end] !== 44 && bytes[end] !== 125 && bytes[end] !== 93) end++;
  return end === at ? -1 : end;
}

/** 0: stdout, 1: stderr, -1: neither. */
function streamOf(bytes: Uint8Array, from: number, to: number): number {
  return isWord(bytes, from, to - from, 'stdout') ? 0 : isWord(bytes, from, to - from, 'stderr') ? 1 : -1;
}

function isWord(bytes: Uint8Array, from: number, length: number, word: string): boolean {
  if (length !== word.length) return false;
  for (let i = 0; i < length; i++) if (bytes[from + i] !== word.charCodeAt(i)) return false;
  return true;
}
