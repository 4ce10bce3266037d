import { digits, isDigit, monthAt } from './digits.ts';

/**
 * `2026-11-23T13:44:49.123Z`, `2026-11-23 13:44:49,123 +02:00`, `2026/11/23 13:44:49`: ms since the epoch, or NaN. Without a zone it
 * is UTC. Reads at most 40 bytes.
 */
export function parseIsoTime(bytes: Uint8Array, from: number, to: number): number {
  const year = digits(bytes, from, 4, to);
  if (year < 1990 || year > 2200) return Number.NaN;
  const separator = bytes[from + 4];
  if (separator !== 45 && separator !== 47) return Number.NaN;
  const month = digits(bytes, from + 5, 2, to);
  const day = digits(bytes, from + 8, 2, to);
  const middle = bytes[from + 10];
  const hour = digits(bytes, from + 11, 2, to);
  const minute = digits(bytes, from + 14, 2, to);
  const second = digits(bytes, from + 17, 2, to);
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 || minute < 0 || minute > 59)
    return Number.NaN;
  if (second < 0 || second > 60 || bytes[from + 7] !== separator) return Number.NaN;
  if ((middle !== 84 && middle !== 32 && middle !== 116) || bytes[from + 13] !== 58 || bytes[from + 16] !== 58)
    return Number.NaN;
  let at = from + 19;
  let fraction = 0;
  if ((bytes[at] === 46 || bytes[at] === 44) && at < to) {
    let scale = 100;
    for (at++; at < to && isDigit(bytes[at]); at++, scale /= 10)
      if (scale >= 0.001) fraction += (bytes[at]! - 48) * scale;
  }
  if (at < to && bytes[at] === 32 && (bytes[at + 1] === 43 || bytes[at + 1] === 45)) at++;
  let zone = 0;
  if (at < to && (bytes[at] === 43 || bytes[at] === 45)) {
    const hours = digits(bytes, at + 1, 2, to);
    const minutes = digits(bytes, at + (bytes[at + 3] === 58 ? 4 : 3), 2, to);
    if (hours >= 0 && hours <= 14) zone = (hours * 60 + Math.max(0, minutes)) * (bytes[at] === 43 ? 1 : -1);
  }
  const ms = daysOf(year, month, day) * 86_400_000 + ((hour * 60 + minute - zone) * 60 + second) * 1000;
  return ms + Math.round(fraction * 1000) / 1000;
}

/** `Nov 23 13:44:49`: of the year that puts it nearest to `now`, in the zone `zoneMinutes` east of UTC. NaN if it is none. */
export function parseSyslogTime(bytes: Uint8Array, from: number, to: number, now: number, zoneMinutes: number): number {
  if (from + 15 > to || bytes[from + 3] !== 32 || bytes[from + 9] !== 58 || bytes[from + 12] !== 58) return Number.NaN;
  const month = monthAt(bytes, from) + 1;
  const day = bytes[from + 4] === 32 ? digits(bytes, from + 5, 1, to) : digits(bytes, from + 4, 2, to);
  const hour = digits(bytes, from + 7, 2, to);
  const minute = digits(bytes, from + 10, 2, to);
  const second = digits(bytes, from + 13, 2, to);
  if (month === 0 || day < 1 || day > 31 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0)
    return Number.NaN;
  const year = new Date(now).getUTCFullYear();
  let best = Number.NaN;
  for (const candidate of [year - 1, year, year + 1]) {
    const time = daysOf(candidate, month, day) * 86_400_000 + ((hour * 60 + minute - zoneMinutes) * 60 + second) * 1000;
    if (Number.isNaN(best) || Math.abs(time - now) < Math.abs(best - now)) best = time;
  }
  return best;
}

/** Days since 1970-01-01 of a date of the Gregorian calendar. */
function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const ofEra = y - era * 400;
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
}
