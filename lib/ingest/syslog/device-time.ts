import { digits, isDigit, monthAt } from '../../log-lines/digits.ts';
import { parseIsoTime } from '../../log-lines/line-time.ts';
import type { SyslogContext } from './message.ts';

/** A time that was read, and where the text behind it begins. */
export interface FoundTime {
  /** ms since the epoch. */
  time: number;
  end: number;
}

const MINUTE = 60_000;
const FIRST_YEAR = 1990;
const LAST_YEAR = 2200;
const ZONED_MS = 400 * 86_400_000;

const isUpper = (byte: number | undefined): boolean => byte !== undefined && byte >= 65 && byte <= 90;

/** 0 to 11, or -1: where no month with a space behind it stands. */
function spacedMonthAt(bytes: Uint8Array, at: number, to: number): number {
  return at + 4 > to || bytes[at + 3] !== 32 ? -1 : monthAt(bytes, at);
}

function yearAt(bytes: Uint8Array, at: number, to: number): number {
  const year = digits(bytes, at, 4, to);
  return year >= FIRST_YEAR && year <= LAST_YEAR && bytes[at + 4] === 32 ? year : -1;
}

/**
 * The time at the head of a message, as devices write it: `Nov 29 14:25:41` (RFC 3164: of the year that puts it nearest to now), the same with
 * fractions, with its year before the month, before the hour or behind the second, with a zone (`UTC:`, `CET:`, before a colon; those but UTC
 * are the configured one), or ISO with and without its zone. Where none stands, the configured zone counts.
 * @returns false if there is none at `at`
 */
export function readDeviceTime(bytes: Uint8Array, at: number, to: number, context: SyslogContext, found: FoundTime) {
  let year = yearAt(bytes, at, to);
  let next = year > 0 ? at + 5 : at;
  const month = spacedMonthAt(bytes, next, to);
  if (month < 0) return readIso(bytes, at, to, context, found);
  next += 4;
  if (bytes[next] === 32) next++;
  const long = isDigit(bytes[next + 1]);
  const day = digits(bytes, next, long ? 2 : 1, to);
  next += long ? 2 : 1;
  if (day < 1 || day > 31 || bytes[next] !== 32) return false;
  next++;
  if (year < 0) {
    year = yearAt(bytes, next, to);
    if (year > 0) next += 5;
  }
  const hour = digits(bytes, next, 2, to);
  const minute = digits(bytes, next + 3, 2, to);
  const second = digits(bytes, next + 6, 2, to);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return false;
  if (bytes[next + 2] !== 58 || bytes[next + 5] !== 58) return false;
  next += 8;
  let fraction = 0;
  if (bytes[next] === 46 && next < to) {
    let scale = 100;
    for (next++; next < to && isDigit(bytes[next]); next++, scale /= 10) {
      if (scale >= 0.001) fraction += (bytes[next]! - 48) * scale;
    }
  }
  if (year < 0 && next < to && bytes[next] === 32) {
    year = yearAt(bytes, next + 1, to);
    if (year > 0) next += 5;
  }
  const local = (of: number) => Date.UTC(of, month, day, hour, minute, second);
  const wall = year > 0 ? local(year) : nearest(local, context);
  // 30 February is no day, and would be 2 March.
  if (new Date(wall - second * 1000).getUTCDate() !== day) return false;
  const isUtc = endOfZone(bytes, next, to);
  found.end = isUtc === 0 ? next : Math.abs(isUtc);
  const zone = isUtc < 0 ? 0 : offsetAt(wall, context);
  found.time = wall - zone * MINUTE + Math.round(fraction * 1000) / 1000;
  return true;
}

/** Of a time years away nobody needs the zone, and whoever sends many of them must not cost much. */
function offsetAt(wall: number, { now, offset }: SyslogContext): number {
  return offset(Math.abs(wall - now) < ZONED_MS ? wall : now, now);
}

/** The wall time of the year that puts it nearest to now. */
function nearest(local: (year: number) => number, { now, offset }: SyslogContext): number {
  const here = now + offset(now, now) * MINUTE;
  const year = new Date(here).getUTCFullYear();
  const time = local(year);
  // Nearly always: half a year from here is not passed.
  if (Math.abs(time - here) < 180 * 86_400_000) return time;
  const other = local(time > here ? year - 1 : year + 1);
  return Math.abs(other - here) < Math.abs(time - here) ? other : time;
}

/** Behind a zone's name before a colon (` UTC:`), which a host's name never is: negative where it is UTC. 0: there is none. */
function endOfZone(bytes: Uint8Array, at: number, to: number): number {
  if (bytes[at] !== 32) return 0;
  let end = at + 1;
  while (end < to && end - at < 7 && isUpper(bytes[end])) end++;
  if (end - at < 4 || end >= to || bytes[end] !== 58) return 0;
  const name = String.fromCharCode(...bytes.subarray(at + 1, end));
  return name === 'UTC' || name === 'GMT' ? -end : end;
}

function readIso(bytes: Uint8Array, at: number, to: number, context: SyslogContext, found: FoundTime): boolean {
  if (!isDigit(bytes[at])) return false;
  const time = parseIsoTime(bytes, at, Math.min(to, at + 40));
  if (Number.isNaN(time)) return false;
  let end = at + 19;
  if (bytes[end] === 46 || bytes[end] === 44) for (end++; end < to && isDigit(bytes[end]); ) end++;
  let zoned = false;
  if (bytes[end] === 90) {
    end++;
    zoned = true;
  } else {
    const sign = bytes[end] === 32 ? end + 1 : end;
    if ((bytes[sign] === 43 || bytes[sign] === 45) && digits(bytes, sign + 1, 2, to) >= 0) {
      end = sign + 3;
      if (bytes[end] === 58) end++;
      if (digits(bytes, end, 2, to) >= 0) end += 2;
      zoned = true;
    }
  }
  found.time = zoned ? time : time - offsetAt(time, context) * MINUTE;
  found.end = Math.min(end, to);
  return true;
}
