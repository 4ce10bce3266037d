const MINUTE = 60_000;
/** Changes of a zone's offset fall on quarters of an hour. */
const QUARTER = 15 * MINUTE;
const DAY = 24 * 60 * MINUTE;
/** Days, and quarters of those on which the offset changes. To ask costs as much as a message twenty times. */
const REMEMBERED = 1024;

/** Minutes east of UTC of a clock that shows `local` (ms, as if it were UTC), asked at `now` (ms since the epoch). */
export type ZoneOffset = (local: number, now: number) => number;

/**
 * How far a wall clock of a zone is from UTC: of `UTC`, `+02:00` and `-0330`, or a name of the time zone database such as Europe/Berlin.
 * Where a clock that was put back shows a time twice, it is the one that is nearer to now; where it was put forward and a time never was, the offset before.
 * @returns null if there is no such zone
 */
export function zoneOffset(zone: string): ZoneOffset | null {
  const fixed = /^([+-])(\d\d):?(\d\d)$/.exec(zone);
  if (fixed) {
    const minutes = (Number(fixed[2]) * 60 + Number(fixed[3])) * (fixed[1] === '-' ? -1 : 1);
    return Math.abs(minutes) <= 14 * 60 && Number(fixed[3]) < 60 ? () => minutes : null;
  }
  if (/^(UTC|GMT|Z)$/i.test(zone)) return () => 0;
  const offsetAt = offsetsOf(zone);
  if (offsetAt === null) return null;
  const days = new Map<number, number | null>();
  const quarters = new Map<number, readonly number[]>();
  return (local, now) => {
    const day = Math.floor(local / DAY);
    const ofDay = remembered(days, day, () => {
      const offset = offsetAt((day - 1) * DAY);
      return offset === offsetAt((day + 2) * DAY) ? offset : null;
    });
    if (ofDay !== null) return ofDay;
    const quarter = Math.floor(local / QUARTER);
    const [first, second] = remembered(quarters, quarter, () => offsetsFor(offsetAt, quarter * QUARTER));
    if (second === undefined) return first!;
    const away = (offset: number) => Math.abs(local - offset * MINUTE - now);
    return away(first!) <= away(second) ? first! : second;
  };
}

/** Those under which a clock shows `local` around a change: one, or two where it was put back. */
function offsetsFor(offsetAt: (time: number) => number, local: number): readonly number[] {
  const before = offsetAt(local - DAY);
  const after = offsetAt(local + DAY);
  const right = [before, after].filter((offset) => offsetAt(local - offset * MINUTE) === offset);
  if (right.length === 0) return [before];
  return before === after ? [before] : right;
}

function remembered<T>(known: Map<number, T>, key: number, find: () => T): T {
  let value = known.get(key);
  if (value === undefined) {
    value = find();
    if (known.size >= REMEMBERED) known.clear();
    known.set(key, value);
  }
  return value;
}

/** Minutes east of UTC at a time in ms since the epoch; null if the zone is not known. */
function offsetsOf(zone: string): ((time: number) => number) | null {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
  return (time) => {
    // GMT, GMT+02:00, GMT-03:30
    const name = format.formatToParts(time).find(({ type }) => type === 'timeZoneName')!.value;
    const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)/.exec(name) ?? [];
    return sign === undefined ? 0 : (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  };
}
