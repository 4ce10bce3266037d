import { parseIsoTime, parseSyslogTime } from '../../../lib/log-lines/line-time.ts';
import { compileStrptime } from './strptime.ts';
import { instantOf, type ZoneOffset } from './zone.ts';

/**
 * Reads a time: ms since the epoch (exact to the microsecond), NaN where it is none.
 * @param zone of times that do not say theirs
 * @param near ms; gives a time without a year its year
 */
export type TimeFormat = (text: string, zone: ZoneOffset, near: number) => number;

const NAMED: Readonly<Record<string, TimeFormat>> = {
  iso: isoTime,
  epoch: (text) => epochTime(text, null),
  epoch_s: (text) => epochTime(text, 1_000),
  epoch_ms: (text) => epochTime(text, 1),
  epoch_us: (text) => epochTime(text, 1e-3),
  epoch_ns: (text) => epochTime(text, 1e-6),
  rfc3164: (text, zone, near) => {
    const bytes = ascii(text);
    const wall = text.length > 15 ? Number.NaN : parseSyslogTime(bytes, 0, text.length, near, 0);
    return Number.isNaN(wall) ? wall : instantOf(wall, zone);
  },
};

/** A format by name, or of a pattern with `%`; a text says what is wrong with it. */
export function compileTimeFormat(format: string): TimeFormat | string {
  if (Object.hasOwn(NAMED, format)) return NAMED[format]!;
  if (format === 'clf') return compileStrptime('%d/%b/%Y:%H:%M:%S %z');
  if (!format.includes('%'))
    return `"${format}" is no time format: write ${Object.keys(NAMED).join(', ')}, clf, or a pattern such as %Y-%m-%d %H:%M:%S`;
  return compileStrptime(format);
}

/** Longer texts are no times. */
const LONGEST = 64;
const scratch = new Uint8Array(LONGEST);

function ascii(text: string): Uint8Array {
  const end = Math.min(text.length, LONGEST);
  for (let i = 0; i < end; i++) scratch[i] = text.charCodeAt(i);
  return scratch;
}

/** What may stand after the seconds: a fraction and a zone. */
const AFTER_SECONDS = /^(?:[.,]\d+)? ?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?$/i;

/** RFC 3339, and the like without a zone, with a blank for T, with a comma, with slashes. */
function isoTime(text: string, zone: ZoneOffset): number {
  if (text.length < 19 || text.length > LONGEST) return Number.NaN;
  const after = AFTER_SECONDS.exec(text.slice(19));
  if (after === null) return Number.NaN;
  const time = parseIsoTime(ascii(text), 0, text.length);
  return after[1] === undefined && !Number.isNaN(time) ? instantOf(time, zone) : time;
}

const EPOCH = /^(\d{1,19})(?:\.(\d{1,9}))?$/;

/** @param unit ms; null: by the number of digits, as nobody writes times of another age */
function epochTime(text: string, unit: number | null): number {
  const match = EPOCH.exec(text);
  if (match === null) return Number.NaN;
  const whole = match[1]!;
  let ms = unit;
  if (ms === null) {
    if (whole.length < 9) return Number.NaN;
    ms = whole.length <= 11 ? 1_000 : whole.length <= 14 ? 1 : whole.length <= 17 ? 1e-3 : 1e-6;
  }
  // A double does not hold nanoseconds of our age; what is finer than a microsecond is cut.
  if (ms === 1e-6) return Number(whole.slice(0, -3)) / 1_000;
  return Math.round(Number(`${whole}.${match[2] ?? '0'}`) * ms * 1_000) / 1_000;
}
