import { parseIsoTime, parseSyslogTime } from './line-time.ts';

/** What a line says of itself. Levels as they go on the wire; '' where it says nothing. Trace counts as debug, notice as info. */
export type LineLevel = 'debug' | 'info' | 'warning' | 'error' | 'fatal' | '';

export interface LineFacts {
  level: LineLevel;
  /** ms since the epoch; NaN: the line has no time that can be read, the time of reading stands in for it. */
  time: number;
}

/** The class of a line's level. */
export function classOfLevel(level: LineLevel): 'error' | 'log' | 'debug' {
  return level === 'error' || level === 'fatal' ? 'error' : level === 'debug' ? 'debug' : 'log';
}

const WORDS: Readonly<Record<string, LineLevel>> = {
  trace: 'debug',
  verbose: 'debug',
  debug: 'debug',
  dbg: 'debug',
  fine: 'debug',
  finer: 'debug',
  finest: 'debug',
  info: 'info',
  information: 'info',
  informational: 'info',
  notice: 'info',
  inf: 'info',
  warn: 'warning',
  warning: 'warning',
  wrn: 'warning',
  error: 'error',
  err: 'error',
  severe: 'error',
  fatal: 'fatal',
  critical: 'fatal',
  crit: 'fatal',
  panic: 'fatal',
  emerg: 'fatal',
  emergency: 'fatal',
  alert: 'fatal',
  ftl: 'fatal',
};
const LONGEST_WORD = 13;

/** RFC 5424 severities. */
const SEVERITIES: readonly LineLevel[] = ['fatal', 'fatal', 'fatal', 'error', 'warning', 'info', 'info', 'debug'];

interface Word {
  readonly bytes: readonly number[];
  readonly level: LineLevel;
}

/** By first letter (lower case). */
const BY_LETTER: (readonly Word[] | undefined)[] = [];
for (const [word, level] of Object.entries(WORDS)) {
  const bytes = [...word].map((c) => c.charCodeAt(0));
  BY_LETTER[bytes[0]!] = [...(BY_LETTER[bytes[0]!] ?? []), { bytes, level }];
}

const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57;
const isLetter = (byte: number): boolean => (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90);

/** The level that the word bytes[from, to) names in any case, or ''. */
export function levelOfWord(bytes: Uint8Array, from: number, to: number): LineLevel {
  const length = to - from;
  if (length < 3 || length > LONGEST_WORD) return '';
  const words = BY_LETTER[bytes[from]! | 32];
  if (words === undefined) return '';
  for (const word of words) {
    if (word.bytes.length !== length) continue;
    let i = 1;
    while (i < length && (bytes[from + i]! | 32) === word.bytes[i]) i++;
    if (i === length) return word.level;
  }
  return '';
}

/** How far into a line that is not JSON a level is looked for. */
const HEAD = 160;

/**
 * Level and time of the line bytes[from, to): JSON (level, severity, log.level, lvl; numbers as pino and syslog write them; time,
 * @timestamp, timestamp, ts), logfmt (level=, lvl=, severity=), klog (`E1123 13:44:49`), a syslog priority (`<11>`), and words near
 * the start: in capitals, in brackets, or before a colon. `now` (ms) gives a syslog time its year, `zoneMinutes` (east) its zone.
 */
export function readLineFacts(
  bytes: Uint8Array,
  from: number,
  to: number,
  now: number,
  zoneMinutes: number,
  facts: LineFacts,
): void {
  facts.level = '';
  facts.time = Number.NaN;
  let at = from;
  while (at < to && (bytes[at] === 32 || bytes[at] === 9)) at++;
  if (at >= to) return;
  if (bytes[at] === 123) {
    readJson(bytes, at, to, now, facts);
    return;
  }
  const end = Math.min(to, at + HEAD);
  if (bytes[at] === 60) at = readPriority(bytes, at, end, facts);
  // `[2026-11-23 ...`
  const first = bytes[at] === 91 ? at + 1 : at;
  facts.time = isDigit(bytes[first] ?? 0)
    ? parseIsoTime(bytes, first, end)
    : parseSyslogTime(bytes, first, end, now, zoneMinutes);
  if (facts.level === '') facts.level = levelInText(bytes, at, end);
}

function readPriority(bytes: Uint8Array, from: number, to: number, facts: LineFacts): number {
  let at = from + 1;
  let value = 0;
  while (at < to && at - from < 5 && isDigit(bytes[at]!)) value = value * 10 + bytes[at++]! - 48;
  if (at === from + 1 || bytes[at] !== 62 || value > 191) return from;
  facts.level = SEVERITIES[value & 7]!;
  at++;
  // RFC 5424 has its version next.
  if (bytes[at] === 49 && bytes[at + 1] === 32) at += 2;
  return at;
}

function levelInText(bytes: Uint8Array, from: number, to: number): LineLevel {
  const letter = bytes[from]!;
  if ((letter === 73 || letter === 87 || letter === 69 || letter === 70) && isKlog(bytes, from, to)) {
    return letter === 73 ? 'info' : letter === 87 ? 'warning' : letter === 69 ? 'error' : 'fatal';
  }
  let at = from;
  while (at < to) {
    if (!isLetter(bytes[at]!)) {
      at++;
      continue;
    }
    const start = at;
    let capitals = true;
    while (at < to && (isLetter(bytes[at]!) || isDigit(bytes[at]!) || bytes[at] === 95)) {
      if (bytes[at]! >= 97) capitals = false;
      at++;
    }
    const after = at < to ? bytes[at]! : 10;
    const before = start > from ? bytes[start - 1]! : 10;
    if (after === 61) {
      const level = isLevelKey(bytes, start, at) ? levelOfValue(bytes, at + 1, to) : '';
      if (level !== '') return level;
      continue;
    }
    const enclosed =
      (before === 91 && after === 93) || (before === 60 && after === 62) || (before === 40 && after === 41);
    const opening = start === from || before === 32 || before === 9 || before === 91 || before === 124;
    const stated = capitals
      ? !isLetter(before) && before !== 47 && before !== 45 && before !== 46 && after !== 46
      : opening && after === 58;
    if (enclosed || stated) {
      const level = levelOfWord(bytes, start, at);
      if (level !== '') return level;
    }
  }
  return '';
}

function isKlog(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from < 7 || bytes[from + 5] !== 32) return false;
  for (let i = 1; i <= 4; i++) if (!isDigit(bytes[from + i]!)) return false;
  return isDigit(bytes[from + 6]!);
}

/** level, lvl, severity, loglevel */
function isLevelKey(bytes: Uint8Array, from: number, to: number): boolean {
  switch (to - from) {
    case 3:
      return is(bytes, from, 'lvl');
    case 5:
      return is(bytes, from, 'level');
    case 8:
      return is(bytes, from, 'severity') || is(bytes, from, 'loglevel');
    case 9:
      return is(bytes, from, 'log.level') || is(bytes, from, 'log_level');
    case 12:
      return is(bytes, from, 'severitytext');
    default:
      return false;
  }
}

function is(bytes: Uint8Array, from: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) {
    const byte = bytes[from + i]!;
    if ((byte >= 65 && byte <= 90 ? byte | 32 : byte) !== word.charCodeAt(i)) return false;
  }
  return true;
}

/** `error`, `"error"`, or a number: pino's tens (10 trace to 60 fatal), or a syslog severity below 8. */
function levelOfValue(bytes: Uint8Array, from: number, to: number): LineLevel {
  let at = from;
  if (bytes[at] === 34 || bytes[at] === 39) at++;
  let end = at;
  if (isDigit(bytes[at] ?? 0)) {
    let value = 0;
    while (end < to && end - at < 4 && isDigit(bytes[end]!)) value = value * 10 + bytes[end++]! - 48;
    if (value < 8) return SEVERITIES[value]!;
    return value < 30 ? 'debug' : value < 40 ? 'info' : value < 50 ? 'warning' : value < 60 ? 'error' : 'fatal';
  }
  while (end < to && isLetter(bytes[end]!)) end++;
  return levelOfWord(bytes, at, end);
}

/** Walks the keys of the outermost object, and of `log` in it (ECS as nested objects), until level and time are known. */
function readJson(bytes: Uint8Array, from: number, to: number, now: number, facts: LineFacts): void {
  let at = from + 1;
  let depth = 1;
  let inLog = false;
  while (at < to) {
    const byte = bytes[at]!;
    if (byte === 123 || byte === 91) depth++;
    else if (byte === 125 || byte === 93) {
      depth--;
      if (depth === 1) inLog = false;
      if (depth === 0) return;
    } else if (byte === 34) {
      const start = at + 1;
      const end = stringEnd(bytes, start, to);
      at = end + 1;
      if (depth > 2 || (depth === 2 && !inLog)) continue;
      while (at < to && bytes[at] === 32) at++;
      if (bytes[at] !== 58) continue;
      at++;
      while (at < to && bytes[at] === 32) at++;
      // A key of this level, its value at `at`.
      if (facts.level === '' && (depth === 1 || inLog) && isLevelKey(bytes, start, end)) {
        facts.level = levelOfValue(bytes, at, to);
      } else if (depth === 1 && Number.isNaN(facts.time) && isTimeKey(bytes, start, end)) {
        facts.time = timeOfValue(bytes, at, to, now);
      } else if (depth === 1 && end - start === 3 && is(bytes, start, 'log') && bytes[at] === 123) inLog = true;
      if (facts.level !== '' && !Number.isNaN(facts.time)) return;
      if (bytes[at] === 34) at = stringEnd(bytes, at + 1, to) + 1;
      continue;
    }
    at++;
  }
}

/** The place of the quote that closes a string, or `to`. */
function stringEnd(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] !== 34) at += bytes[at] === 92 ? 2 : 1;
  return Math.min(at, to);
}

function isTimeKey(bytes: Uint8Array, from: number, to: number): boolean {
  switch (to - from) {
    case 2:
      return is(bytes, from, 'ts');
    case 4:
      return is(bytes, from, 'time');
    case 9:
      return is(bytes, from, 'timestamp');
    case 10:
      return is(bytes, from, '@timestamp');
    default:
      return false;
  }
}

/** A quoted ISO time, or seconds, milliseconds, microseconds or nanoseconds since the epoch, told apart by their size. */
function timeOfValue(bytes: Uint8Array, from: number, to: number, now: number): number {
  if (bytes[from] === 34) return parseIsoTime(bytes, from + 1, to);
  let at = from;
  let value = 0;
  while (at < to && isDigit(bytes[at]!)) value = value * 10 + bytes[at++]! - 48;
  const digits = at - from;
  if (digits < 9) return Number.NaN;
  if (bytes[at] === 46) {
    let scale = 0.1;
    for (at++; at < to && isDigit(bytes[at]!); at++, scale /= 10) value += (bytes[at]! - 48) * scale;
  }
  const time = digits <= 11 ? value * 1000 : digits <= 14 ? value : digits <= 17 ? value / 1000 : value / 1e6;
  // A number that is no time near ours is not one.
  return Math.abs(time - now) < 20 * 365 * 86_400_000 ? Math.round(time * 1000) / 1000 : Number.NaN;
}
