const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Offsets change at no finer grain than this. */
const GRAIN_MS = HOUR_MS / 4;
/** Offsets kept by zone; a year of quarters of an hour. */
const MOST_KEPT = 35_000;

/** ms east of UTC at an instant (ms). */
export type ZoneOffset = (instant: number) => number;

/** Longer texts are no zones. */
const LONGEST_NAME = 64;

const FIXED = /^(?:UTC|GMT)?([+-])(\d\d):?(\d\d)$/;
const zones = new Map<string, ZoneOffset | null>();

/** Whether a zone of that name, or such an offset, is known. */
export function isZone(name: string): boolean {
  return zoneOffset(name) !== null;
}

/** The offset of `Europe/Berlin`, `UTC`, `+02:00`; null for what is no zone. Names come from lines too, so only so many are kept. */
export function zoneOffset(name: string): ZoneOffset | null {
  if (name.length > LONGEST_NAME) return null;
  const known = zones.get(name);
  if (known !== undefined) return known;
  const made = makeOffset(name);
  if (zones.size < 1_000) zones.set(name, made);
  return made;
}

function makeOffset(name: string): ZoneOffset | null {
  if (name === 'UTC' || name === 'Z' || name === 'GMT') return () => 0;
  const fixed = FIXED.exec(name);
  if (fixed) {
    const minutes = Number(fixed[2]) * 60 + Number(fixed[3]);
    if (minutes > 18 * 60 || Number(fixed[3]) > 59) return null;
    const offset = minutes * 60_000 * (fixed[1] === '-' ? -1 : 1);
    return () => offset;
  }
  if (!/^[A-Za-z][\w+/-]{1,63}$/.test(name)) return null;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
  const kept = new Map<number, number>();
  return (instant) => {
    const grain = Math.floor(instant / GRAIN_MS);
    const known = kept.get(grain);
    if (known !== undefined) return known;
    const offset = offsetOf(format, grain * GRAIN_MS);
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(grain, offset);
    return offset;
  };
}

function offsetOf(format: Intl.DateTimeFormat, instant: number): number {
  const parts: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(instant)) parts[type] = Number(value);
  const { year, month, day, hour, minute, second } = parts;
  return Date.UTC(year!, month! - 1, day!, hour!, minute!, second!) - instant;
}

/**
 * The instant of a wall clock. An hour that is there twice (clocks go back) is its first; one that is not there (clocks go forward) is counted
 * on from before.
 * @param wall ms since the epoch as if the clock showed UTC
 */
export function instantOf(wall: number, offset: ZoneOffset): number {
  const before = offset(wall - DAY_MS);
  const after = offset(wall + DAY_MS);
  if (before === after) return wall - before;
  const early = wall - before;
  const late = wall - after;
  if (offset(early) === before) return early;
  return offset(late) === after ? late : early;
}
